"""The help that `?` opens: the keys, and what the tabs are for."""

HELP = """\
## Keys

```
1 to 7, F1 to F7   a tab of the workbench; F keys also in a field
Tab, Shift+Tab     next, previous part of the screen
arrows, Enter      move, choose, open; right and left open and close
Esc                out of a field or a dialog, up to the tabs
c                  check: look now what holds, probes included
h                  open the task's next hint; says its cost first
a, Enter on a task answer its question
s                  submit: the grade, then the debrief
y                  copy the value under the cursor
r                  fetch the tab again
Ctrl+B             hide the brief, show it again (wide terminals)
Ctrl+P             every exercise, tab and action by name
q                  back to the course; the attempt stays open
Ctrl+Q             leave
```

## Tabs

- **Brief**: what happened, and the tasks. The marks turn by themselves while you work, also when you work
  from another terminal.
- **Archive**: what the PACS holds. `i` or Enter looks at the image, `t` tags, `x` what can be done with the
  line, `b` letters instead of half-blocks, `/` filter.
- **Query**: DICOM by hand from the workstation ADMIN. Choose with `e f w m g o`, fill in, `Enter`. `Enter`
  on a row goes on with it.
- **Messages**: HL7 in and out. `o` lists what can be done with a message: its thread (`t`), edit and send
  again (`e`), its acknowledgement (`a`), mark and compare (`m`, `d`), its event (`v`). `n` writes a new one, `/`
  filters. On the first row the list follows the newest (`g` goes back there), elsewhere it stays on its message.
  In the message `f` goes from finding to finding, `p` judges by another profile, `x` shows the bytes.
- **Systems**: every system's console by group; `Enter` opens a group. `Enter` on a row offers what can be
  done with it, `n` makes a new one, `/` filters (`user=`, `since=` and the like search the audit trail).
  Engine, Queue: read, edit, reorder, hold, discard what waits. Scanners, Recipes: the sample studies.
  A repair says first what would happen; Ctrl+R then does it, and Repairs undoes it.
- **Desk**: inbox, questions of the tasks, colleagues, tickets.
- **Logs**: what each system wrote down. `Enter` opens the evidence.

## Images

```
up, down, Page, Home, End   slices and frames        left, right   series of the study
w, W   windows of the file and the modality          [ ]  , .      width and centre by hand
+ -    zoom     0  whole    Shift+arrows  pan        i             invert
p      beside the prior, then the next one           space         run through the stack, stop
t      tags: / searches, p private ones only         m, d          mark an image, compare with it
o      less written over it, or nothing              b             pixels, half-blocks, letters
s      under a presentation state, the next one
```

## Marks

✔ done   ✗ not yet   ◐ partly   ○ open   ✎ answered (graded at submit)   – at submit   ! lab fault, never counted
"""
