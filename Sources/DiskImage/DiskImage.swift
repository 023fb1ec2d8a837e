// Disk images: raw and qcow2.
