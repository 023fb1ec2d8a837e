// A virtual machine as its users see it.
