module driver

go 1.19

require sessiond v0.0.0

replace sessiond => ../../../Clients/go
