# What is sent: (name, {port: the arguments of ct}, [(port, frame) | ('warp', ms) | ('dump',)]).
# FTP's messages are not rewritten there, since dummy devices' packets have no room to grow: that is tested otherwise.
