package reader

const example = `[[lane.device]]
name    = "reader"
driver  = "anpr/reader"
link    = "exec:self vision-worker"
expect  = "never"
[lane.device.settings]
of      = ["cam-front", "cam-rear"]
site    = ["KZ", "KG", "UZ", "RU", "CN"]
region  = { x = 100, y = 350, w = 800, h = 600 }
regions = { cam-rear = { x = 0, y = 300, w = 1000, h = 700 } }
`

const manual = `Second reader of number plates

What     Reads the pictures that the cameras of its lane have sent, once more: to check what
         a camera read, to read trailers, and to read for cameras that recognise nothing. It
         needs a program with the build tag gocv (make run); "acsgd check" says if it lacks it.

Wiring   None: link = "exec:self vision-worker" starts this program again as a child which
         holds OpenCV and the networks. Where a picture brings the child down, makes it hang
         or takes its memory, the child alone ends. It is started again; a picture that ends
         two children is not tried again. After three restarts within ten minutes the lane's
         screen shows the reader as degraded.

Settings
  of          []     cameras whose pictures are read; empty: all of the lane
  engine      ""     joint, own or ppocr; empty: the one that measures better
  models      ""     folder of the networks; empty: where the program looks itself
  region      {}     where plates are looked for in overviews: { x, y, w, h } in thousandths
  regions     {}     the same by camera, which overrides region
  site        []     usual countries, the most usual first; empty: those of the site's
                     country and its neighbourhood
  crop_first  true   read the camera's picture of the plate first, the overview only if that
                     shows none; false: the other way round
  every       "0s"   least time between two pictures of a camera that does not tell vehicles
                     apart (no event id): what comes between is not read
  queue       32     observations that may wait; then the oldest is dropped and reported
  limit       "10s"  for one picture
  start       "1m"   for loading the networks
  memory_mib  2048   data that the child may have

Expect   "never" is the default of this kind: a passage does not wait for it, what it says
         later amends. Give "always" where its cameras recognise nothing.

Readings A plate with parent, the SHA-256 of the picture that was read; it joins the vehicle
         of that picture. Pictures of one vehicle by one camera (same event id; without one,
         within 10 s and at most two characters apart) vote: the later reading replaces the
         earlier. No plate in any picture of an observation is a reading without text. Where
         camera and reader differ, both stand in the passage; where both are sure (90 %), an
         officer looks. The reader is no further witness of what the camera saw: the two are
         alternatives of one view when the declaration is looked for.

Frames   Both ways: 4 bytes length, big-endian; a JSON header of that length, whose "bytes"
         lists the lengths of the pictures that follow.

Try      acsgd plates PICTURE... reads files the same way; acsgd plates bench measures.
`
