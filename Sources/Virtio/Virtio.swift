// Para-virtual devices: virtio 1.2 (OASIS). Queues, transports and devices.
