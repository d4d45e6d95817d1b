"""The command `spiral-lab`: starts the server and looks after its store. In a wheel, this folder holds the app as well."""
