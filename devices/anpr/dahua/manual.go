// Package dahua takes the number plate events of Dahua cameras: what they push as ITSAPI
// messages, and what they tell on the streams of their snapshot and event managers. See the
// manual below.
package dahua

const example = `[[lane.device]]
name    = "anpr-front"
driver  = "anpr/dahua"
link    = "listen:0.0.0.0:7070"
station = "-2.50m"
[lane.device.settings]
role  = "front"
allow = ["10.20.1.12"]
zone  = "+05:00"
`

const manual = `TODO`
