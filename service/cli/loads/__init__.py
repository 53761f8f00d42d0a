"""Many files brought into the service: found below folders, sent to the store or to a server, told at the end."""
