"""What DICOM is: instances, messages, associations, matching; it knows nothing of the department.

pydicom and pynetdicom warn and log trace-backs about every odd value that somebody sends. What is wrong with it is
answered on the wire and journalled here, so both are told once, for the process, to keep quiet.
"""

import logging
import warnings

from pydicom import config

config.settings.reading_validation_mode = config.IGNORE
config.settings.writing_validation_mode = config.IGNORE
warnings.filterwarnings("ignore", module=r"pydicom(\..*)?")
for _name in ("pydicom", "pynetdicom"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
