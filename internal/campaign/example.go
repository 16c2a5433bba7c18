package campaign

// Example is the definition of a campaign with the fewest vehicles that can complete it.
const Example = `# Accuracy test of a scale by OIML R 134. Masses with their unit: g, kg, t; speeds: km/h.
device = "wim-1"            # name in the site file
stage  = "initial"          # initial or in_service
place  = "Nur Zholy, lane 1"
engineer = ""
conditions = ""             # temperature, road, wind

[instrument]
make = ""
model = ""
serial = "7001"
firmware = ""
division = "20kg"           # scale interval d
min = "400kg"               # of an axle
max = "20t"
from = "1km/h"              # operating speeds to be approved
to = "10km/h"

[control]                   # what the reference vehicles are weighed on
name = ""
serial = ""
certificate = ""

# [want]                    # fail below these classes; without it any class will do
# mass = "2"                # 0.2, 0.5, 1, 2, 5, 10
# axle = "D"                # A to F
# group = "D"

# One table for each vehicle and state of load. kind: rigid2, rigid (3 or 4 axles),
# articulated, road_train. groups: axles of each group from the front, 1 for a single axle.
# Static axle loads are known of the two-axle rigid only.
[[vehicle]]
id = "lorry-loaded"
kind = "rigid2"
load = "loaded"
mass = "16000kg"
axles = ["6000kg", "10000kg"]
groups = [1, 1]

[[vehicle]]
id = "lorry-empty"
kind = "rigid2"
load = "empty"
mass = "8000kg"
axles = ["4400kg", "3600kg"]
groups = [1, 1]

[[vehicle]]
id = "three-axle-loaded"
kind = "rigid"
load = "loaded"
mass = "25000kg"
groups = [1, 2]

[[vehicle]]
id = "three-axle-empty"
kind = "rigid"
load = "empty"
mass = "11000kg"
groups = [1, 2]

[[vehicle]]
id = "semi-loaded"
kind = "articulated"
load = "loaded"
mass = "40000kg"
groups = [1, 1, 3]

[[vehicle]]
id = "semi-empty"
kind = "articulated"
load = "empty"
mass = "15000kg"
groups = [1, 1, 3]
`
