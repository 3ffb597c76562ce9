"""The names that synthetic people are given: by sex and year of birth, with the families of a British town."""

from __future__ import annotations

# (first year of birth, given names usual from then on); ASCII only, so that any character set carries them.
FEMALE: tuple[tuple[int, str], ...] = (
    (
        1900,
        "Margaret Dorothy Joan Jean Mary Sheila Barbara Doreen Audrey Patricia Maureen Kathleen Eileen Beryl "
        "Brenda Shirley Sylvia Hilda Winifred Edna Vera Gladys Norma Pamela Josephine Marjorie Olive Agnieszka "
        "Surinder Carmela",
    ),
    (
        1950,
        "Susan Linda Christine Carol Jacqueline Janet Anne Gillian Helen Elaine Julie Karen Deborah Alison Tracey "
        "Sharon Angela Jane Elizabeth Lesley Maria Bridget Parveen Kamaljit Yvonne Grace Siobhan Mei Beverley Ewa",
    ),
    (
        1975,
        "Sarah Claire Nicola Emma Joanne Lisa Rebecca Rachel Samantha Victoria Laura Gemma Kelly Amy Katherine "
        "Natalie Zoe Aisha Nadia Priya Folake Katarzyna Catrin Niamh Hannah Jessica Rukhsana Adaeze Monika Leanne",
    ),
    (
        1995,
        "Olivia Chloe Sophie Emily Amelia Isla Ava Mia Ella Freya Poppy Lily Evie Grace Maryam Fatima Zainab "
        "Anya Zofia Chidinma Seren Aoife Holly Phoebe Daisy Imogen Leila Ananya Ruby Megan",
    ),
)
MALE: tuple[tuple[int, str], ...] = (
    (
        1900,
        "John William Ronald Kenneth George Arthur Albert Frederick Leslie Dennis Harold Stanley Raymond Derek "
        "Roy Eric Norman Bernard Gerald Cyril Walter Ernest Gordon Douglas Harbhajan Stanislaw Leonard Sidney "
        "Clifford Winston",
    ),
    (
        1950,
        "David Peter Michael Alan Robert Stephen Paul Brian Graham Philip Keith Colin Ian Trevor Malcolm Nigel "
        "Kevin Barry Gareth Hugh Neil Mohammed Balwinder Everton Patrick Anthony Roger Geoffrey Clive Tadeusz",
    ),
    (
        1975,
        "Mark Andrew Christopher James Matthew Daniel Simon Lee Darren Craig Jonathan Thomas Richard Adam Gavin "
        "Imran Rajesh Tunde Piotr Rhys Callum Declan Nathan Stuart Benjamin Kwame Wei Asif Marcin Dylan",
    ),
    (
        1995,
        "Oliver Jack Harry Noah Charlie Jacob Alfie Oscar Leo Archie Ethan Muhammad Yusuf Ibrahim Arjun Kacper "
        "Emeka Owen Finn Ewan Logan Theo Isaac Samuel Toby Ryan Aarav Hamza Joshua Luke",
    ),
)
FAMILIES = (
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White "
    "Roberts Green Hall Wood Jackson Clarke Patel Khan Lewis James Phillips Mason Mitchell Rose Davis "
    "Rodriguez Cox Alexander Marshall Barker Holmes Palmer Hussain Begum Ali Ahmed Kaur Singh Shah Akhtar "
    "Nowak Kowalski Wisniewska Okafor Adeyemi Mensah Boateng Murphy Kelly Byrne Doyle Gallagher Campbell "
    "Stewart Fraser Mackenzie Sinclair Pritchard Llewellyn Bevan Griffiths Chen Wong Nguyen Silva Ferreira "
    "Rossi Papadakis Haddad Ashworth Birtwistle Blackwood Braithwaite Cartwright Chadwick Clegg Coates "
    "Crabtree Dewhurst Eastwood Fairclough Fielding Garside Greenhalgh Grimshaw Hargreaves Haworth Heyworth "
    "Holroyd Illingworth Kershaw Lockwood Lomax Midgley Naylor Openshaw Ormerod Pickles Ramsbottom Rawcliffe "
    "Riley Schofield Shackleton Shuttleworth Stansfield Sugden Sutcliffe Thornton Tordoff Uttley Varley "
    "Wadsworth Whittaker Winterbottom Wolstenholme Yardley"
)
STREETS: tuple[str, ...] = (
    "Alder Close",
    "Bobbin Street",
    "Canal Terrace",
    "Chapel Brow",
    "Fellside Road",
    "Foundry Lane",
    "Heron Way",
    "Larkspur Avenue",
    "Mill Row",
    "Orchard Drive",
    "Packhorse Lane",
    "Quarry Bank",
    "Station Road",
    "Tenter Field",
    "Weir Street",
    "Yew Tree Crescent",
)
TOWNS: tuple[str, ...] = ("Netherby", "Harrowdale", "Calderwick", "Thornbeck", "Millhaven", "Ashby Fell")
