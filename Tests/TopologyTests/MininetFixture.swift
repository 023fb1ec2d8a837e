/// Nodes, links and ports as Mininet 2.3 makes them, written by its own topology classes (Topo.hosts, switches and links
/// with their ports), for comparison. Links are in no order.
let mininetFixture = """
    topo minimal
    hosts h1 h2
    switches s1
    link h1-eth0 s1-eth1
    link h2-eth0 s1-eth2
    topo single,1
    hosts h1
    switches s1
    link h1-eth0 s1-eth1
    topo single,2
    hosts h1 h2
    switches s1
    link h1-eth0 s1-eth1
    link h2-eth0 s1-eth2
    topo single,3
    hosts h1 h2 h3
    switches s1
    link h1-eth0 s1-eth1
    link h2-eth0 s1-eth2
    link h3-eth0 s1-eth3
    topo single,11
    hosts h1 h2 h3 h4 h5 h6 h7 h8
    hosts h9 h10 h11
    switches s1
    link h1-eth0 s1-eth1
    link h2-eth0 s1-eth2
    link h3-eth0 s1-eth3
    link h4-eth0 s1-eth4
    link h5-eth0 s1-eth5
    link h6-eth0 s1-eth6
    link h7-eth0 s1-eth7
    link h8-eth0 s1-eth8
    link h9-eth0 s1-eth9
    link h10-eth0 s1-eth10
    link h11-eth0 s1-eth11
    topo reversed,1
    hosts h1
    switches s1
    link h1-eth0 s1-eth1
    topo reversed,2
    hosts h1 h2
    switches s1
    link h1-eth0 s1-eth2
    link h2-eth0 s1-eth1
    topo reversed,5
    hosts h1 h2 h3 h4 h5
    switches s1
    link h1-eth0 s1-eth5
    link h2-eth0 s1-eth4
    link h3-eth0 s1-eth3
    link h4-eth0 s1-eth2
    link h5-eth0 s1-eth1
    topo linear,1,1
    hosts h1
    switches s1
    link h1-eth0 s1-eth1
    topo linear,2,1
    hosts h1 h2
    switches s1 s2
    link h1-eth0 s1-eth1
    link s2-eth2 s1-eth2
    link h2-eth0 s2-eth1
    topo linear,4,1
    hosts h1 h2 h3 h4
    switches s1 s2 s3 s4
    link h1-eth0 s1-eth1
    link s2-eth2 s1-eth2
    link h2-eth0 s2-eth1
    link s3-eth2 s2-eth3
    link h3-eth0 s3-eth1
    link s4-eth2 s3-eth3
    link h4-eth0 s4-eth1
    topo linear,12,1
    hosts h1 h2 h3 h4 h5 h6 h7 h8
    hosts h9 h10 h11 h12
    switches s1 s2 s3 s4 s5 s6 s7 s8
    switches s9 s10 s11 s12
    link h1-eth0 s1-eth1
    link s2-eth2 s1-eth2
    link h2-eth0 s2-eth1
    link s3-eth2 s2-eth3
    link h3-eth0 s3-eth1
    link s4-eth2 s3-eth3
    link h4-eth0 s4-eth1
    link s5-eth2 s4-eth3
    link h5-eth0 s5-eth1
    link s6-eth2 s5-eth3
    link h6-eth0 s6-eth1
    link s7-eth2 s6-eth3
    link h7-eth0 s7-eth1
    link s8-eth2 s7-eth3
    link h8-eth0 s8-eth1
    link s9-eth2 s8-eth3
    link h9-eth0 s9-eth1
    link h10-eth0 s10-eth1
    link s10-eth2 s9-eth3
    link s11-eth2 s10-eth3
    link h11-eth0 s11-eth1
    link s12-eth2 s11-eth3
    link h12-eth0 s12-eth1
    topo linear,3,2
    hosts h1s1 h1s2 h1s3 h2s1 h2s2 h2s3
    switches s1 s2 s3
    link h1s1-eth0 s1-eth1
    link s2-eth3 s1-eth3
    link h2s1-eth0 s1-eth2
    link h1s2-eth0 s2-eth1
    link s3-eth3 s2-eth4
    link h2s2-eth0 s2-eth2
    link h1s3-eth0 s3-eth1
    link h2s3-eth0 s3-eth2
    topo linear,2,11
    hosts h1s1 h1s2 h2s1 h2s2 h3s1 h3s2 h4s1 h4s2
    hosts h5s1 h5s2 h6s1 h6s2 h7s1 h7s2 h8s1 h8s2
    hosts h9s1 h9s2 h10s1 h10s2 h11s1 h11s2
    switches s1 s2
    link h1s1-eth0 s1-eth1
    link s2-eth12 s1-eth12
    link h2s1-eth0 s1-eth2
    link h3s1-eth0 s1-eth3
    link h4s1-eth0 s1-eth4
    link h5s1-eth0 s1-eth5
    link h6s1-eth0 s1-eth6
    link h7s1-eth0 s1-eth7
    link h8s1-eth0 s1-eth8
    link h9s1-eth0 s1-eth9
    link h10s1-eth0 s1-eth10
    link h11s1-eth0 s1-eth11
    link h1s2-eth0 s2-eth1
    link h2s2-eth0 s2-eth2
    link h3s2-eth0 s2-eth3
    link h4s2-eth0 s2-eth4
    link h5s2-eth0 s2-eth5
    link h6s2-eth0 s2-eth6
    link h7s2-eth0 s2-eth7
    link h8s2-eth0 s2-eth8
    link h9s2-eth0 s2-eth9
    link h10s2-eth0 s2-eth10
    link h11s2-eth0 s2-eth11
    topo tree,depth=1,fanout=1
    hosts h1
    switches s1
    link s1-eth1 h1-eth0
    topo tree,depth=1,fanout=2
    hosts h1 h2
    switches s1
    link s1-eth1 h1-eth0
    link s1-eth2 h2-eth0
    topo tree,depth=2,fanout=2
    hosts h1 h2 h3 h4
    switches s1 s2 s3
    link s2-eth1 h1-eth0
    link s2-eth2 h2-eth0
    link s1-eth1 s2-eth3
    link s1-eth2 s3-eth3
    link s3-eth1 h3-eth0
    link s3-eth2 h4-eth0
    topo tree,depth=2,fanout=3
    hosts h1 h2 h3 h4 h5 h6 h7 h8
    hosts h9
    switches s1 s2 s3 s4
    link s2-eth1 h1-eth0
    link s2-eth2 h2-eth0
    link s2-eth3 h3-eth0
    link s1-eth1 s2-eth4
    link s1-eth2 s3-eth4
    link s1-eth3 s4-eth4
    link s3-eth1 h4-eth0
    link s3-eth2 h5-eth0
    link s3-eth3 h6-eth0
    link s4-eth1 h7-eth0
    link s4-eth2 h8-eth0
    link s4-eth3 h9-eth0
    topo tree,depth=3,fanout=2
    hosts h1 h2 h3 h4 h5 h6 h7 h8
    switches s1 s2 s3 s4 s5 s6 s7
    link s3-eth1 h1-eth0
    link s3-eth2 h2-eth0
    link s2-eth1 s3-eth3
    link s2-eth2 s4-eth3
    link s4-eth1 h3-eth0
    link s4-eth2 h4-eth0
    link s1-eth1 s2-eth3
    link s1-eth2 s5-eth3
    link s6-eth1 h5-eth0
    link s6-eth2 h6-eth0
    link s5-eth1 s6-eth3
    link s5-eth2 s7-eth3
    link s7-eth1 h7-eth0
    link s7-eth2 h8-eth0
    topo tree,depth=2,fanout=4
    hosts h1 h2 h3 h4 h5 h6 h7 h8
    hosts h9 h10 h11 h12 h13 h14 h15 h16
    switches s1 s2 s3 s4 s5
    link s2-eth1 h1-eth0
    link s2-eth2 h2-eth0
    link s2-eth3 h3-eth0
    link s2-eth4 h4-eth0
    link s1-eth1 s2-eth5
    link s1-eth2 s3-eth5
    link s1-eth3 s4-eth5
    link s1-eth4 s5-eth5
    link s3-eth1 h5-eth0
    link s3-eth2 h6-eth0
    link s3-eth3 h7-eth0
    link s3-eth4 h8-eth0
    link s4-eth1 h9-eth0
    link s4-eth2 h10-eth0
    link s4-eth3 h11-eth0
    link s4-eth4 h12-eth0
    link s5-eth1 h13-eth0
    link s5-eth2 h14-eth0
    link s5-eth3 h15-eth0
    link s5-eth4 h16-eth0
    topo tree,depth=3,fanout=3
    hosts h1 h2 h3 h4 h5 h6 h7 h8
    hosts h9 h10 h11 h12 h13 h14 h15 h16
    hosts h17 h18 h19 h20 h21 h22 h23 h24
    hosts h25 h26 h27
    switches s1 s2 s3 s4 s5 s6 s7 s8
    switches s9 s10 s11 s12 s13
    link s3-eth1 h1-eth0
    link s3-eth2 h2-eth0
    link s3-eth3 h3-eth0
    link s2-eth1 s3-eth4
    link s2-eth2 s4-eth4
    link s2-eth3 s5-eth4
    link s4-eth1 h4-eth0
    link s4-eth2 h5-eth0
    link s4-eth3 h6-eth0
    link s5-eth1 h7-eth0
    link s5-eth2 h8-eth0
    link s5-eth3 h9-eth0
    link s1-eth1 s2-eth4
    link s1-eth2 s6-eth4
    link s1-eth3 s10-eth4
    link s7-eth1 h10-eth0
    link s7-eth2 h11-eth0
    link s7-eth3 h12-eth0
    link s6-eth1 s7-eth4
    link s6-eth2 s8-eth4
    link s6-eth3 s9-eth4
    link s8-eth1 h13-eth0
    link s8-eth2 h14-eth0
    link s8-eth3 h15-eth0
    link s9-eth1 h16-eth0
    link s9-eth2 h17-eth0
    link s9-eth3 h18-eth0
    link s11-eth1 h19-eth0
    link s11-eth2 h20-eth0
    link s11-eth3 h21-eth0
    link s10-eth1 s11-eth4
    link s10-eth2 s12-eth4
    link s10-eth3 s13-eth4
    link s12-eth1 h22-eth0
    link s12-eth2 h23-eth0
    link s12-eth3 h24-eth0
    link s13-eth1 h25-eth0
    link s13-eth2 h26-eth0
    link s13-eth3 h27-eth0
    topo tree,depth=4,fanout=1
    hosts h1
    switches s1 s2 s3 s4
    link s4-eth1 h1-eth0
    link s3-eth1 s4-eth2
    link s2-eth1 s3-eth2
    link s1-eth1 s2-eth2
    topo torus,3,3,1
    hosts h1x1 h1x2 h1x3 h2x1 h2x2 h2x3 h3x1 h3x2
    hosts h3x3
    switches s1x1 s1x2 s1x3 s2x1 s2x2 s2x3 s3x1 s3x2
    switches s3x3
    link h1x1-eth0 s1x1-eth1
    link s1x1-eth2 s1x2-eth2
    link s1x1-eth3 s2x1-eth2
    link s1x3-eth3 s1x1-eth4
    link s3x1-eth4 s1x1-eth5
    link h1x2-eth0 s1x2-eth1
    link s1x2-eth3 s1x3-eth2
    link s1x2-eth4 s2x2-eth2
    link s3x2-eth5 s1x2-eth5
    link h1x3-eth0 s1x3-eth1
    link s1x3-eth4 s2x3-eth2
    link s3x3-eth5 s1x3-eth5
    link h2x1-eth0 s2x1-eth1
    link s2x1-eth3 s2x2-eth3
    link s2x1-eth4 s3x1-eth2
    link s2x3-eth4 s2x1-eth5
    link h2x2-eth0 s2x2-eth1
    link s2x2-eth4 s2x3-eth3
    link s2x2-eth5 s3x2-eth2
    link h2x3-eth0 s2x3-eth1
    link s2x3-eth5 s3x3-eth2
    link h3x1-eth0 s3x1-eth1
    link s3x1-eth3 s3x2-eth3
    link s3x3-eth4 s3x1-eth5
    link h3x2-eth0 s3x2-eth1
    link s3x2-eth4 s3x3-eth3
    link h3x3-eth0 s3x3-eth1
    topo torus,3,4,1
    hosts h1x1 h1x2 h1x3 h1x4 h2x1 h2x2 h2x3 h2x4
    hosts h3x1 h3x2 h3x3 h3x4
    switches s1x1 s1x2 s1x3 s1x4 s2x1 s2x2 s2x3 s2x4
    switches s3x1 s3x2 s3x3 s3x4
    link h1x1-eth0 s1x1-eth1
    link s1x1-eth2 s1x2-eth2
    link s1x1-eth3 s2x1-eth2
    link s1x4-eth3 s1x1-eth4
    link s3x1-eth4 s1x1-eth5
    link h1x2-eth0 s1x2-eth1
    link s1x2-eth3 s1x3-eth2
    link s1x2-eth4 s2x2-eth2
    link s3x2-eth5 s1x2-eth5
    link h1x3-eth0 s1x3-eth1
    link s1x3-eth3 s1x4-eth2
    link s1x3-eth4 s2x3-eth2
    link s3x3-eth5 s1x3-eth5
    link h1x4-eth0 s1x4-eth1
    link s1x4-eth4 s2x4-eth2
    link s3x4-eth5 s1x4-eth5
    link h2x1-eth0 s2x1-eth1
    link s2x1-eth3 s2x2-eth3
    link s2x1-eth4 s3x1-eth2
    link s2x4-eth4 s2x1-eth5
    link h2x2-eth0 s2x2-eth1
    link s2x2-eth4 s2x3-eth3
    link s2x2-eth5 s3x2-eth2
    link h2x3-eth0 s2x3-eth1
    link s2x3-eth4 s2x4-eth3
    link s2x3-eth5 s3x3-eth2
    link h2x4-eth0 s2x4-eth1
    link s2x4-eth5 s3x4-eth2
    link h3x1-eth0 s3x1-eth1
    link s3x1-eth3 s3x2-eth3
    link s3x4-eth4 s3x1-eth5
    link h3x2-eth0 s3x2-eth1
    link s3x2-eth4 s3x3-eth3
    link h3x3-eth0 s3x3-eth1
    link s3x3-eth4 s3x4-eth3
    link h3x4-eth0 s3x4-eth1
    topo torus,4,3,2
    hosts h1x1x1 h1x1x2 h1x2x1 h1x2x2 h1x3x1 h1x3x2 h2x1x1 h2x1x2
    hosts h2x2x1 h2x2x2 h2x3x1 h2x3x2 h3x1x1 h3x1x2 h3x2x1 h3x2x2
    hosts h3x3x1 h3x3x2 h4x1x1 h4x1x2 h4x2x1 h4x2x2 h4x3x1 h4x3x2
    switches s1x1 s1x2 s1x3 s2x1 s2x2 s2x3 s3x1 s3x2
    switches s3x3 s4x1 s4x2 s4x3
    link h1x1x1-eth0 s1x1-eth1
    link s1x1-eth3 s1x2-eth3
    link s1x1-eth4 s2x1-eth3
    link s1x3-eth4 s1x1-eth5
    link s4x1-eth5 s1x1-eth6
    link h1x1x2-eth0 s1x1-eth2
    link h1x2x1-eth0 s1x2-eth1
    link s1x2-eth4 s1x3-eth3
    link s1x2-eth5 s2x2-eth3
    link s4x2-eth6 s1x2-eth6
    link h1x2x2-eth0 s1x2-eth2
    link h1x3x1-eth0 s1x3-eth1
    link s1x3-eth5 s2x3-eth3
    link s4x3-eth6 s1x3-eth6
    link h1x3x2-eth0 s1x3-eth2
    link h2x1x1-eth0 s2x1-eth1
    link s2x1-eth4 s2x2-eth4
    link s2x1-eth5 s3x1-eth3
    link s2x3-eth5 s2x1-eth6
    link h2x1x2-eth0 s2x1-eth2
    link h2x2x1-eth0 s2x2-eth1
    link s2x2-eth5 s2x3-eth4
    link s2x2-eth6 s3x2-eth3
    link h2x2x2-eth0 s2x2-eth2
    link h2x3x1-eth0 s2x3-eth1
    link s2x3-eth6 s3x3-eth3
    link h2x3x2-eth0 s2x3-eth2
    link h3x1x1-eth0 s3x1-eth1
    link s3x1-eth4 s3x2-eth4
    link s3x1-eth5 s4x1-eth3
    link s3x3-eth5 s3x1-eth6
    link h3x1x2-eth0 s3x1-eth2
    link h3x2x1-eth0 s3x2-eth1
    link s3x2-eth5 s3x3-eth4
    link s3x2-eth6 s4x2-eth3
    link h3x2x2-eth0 s3x2-eth2
    link h3x3x1-eth0 s3x3-eth1
    link s3x3-eth6 s4x3-eth3
    link h3x3x2-eth0 s3x3-eth2
    link h4x1x1-eth0 s4x1-eth1
    link s4x1-eth4 s4x2-eth4
    link s4x3-eth5 s4x1-eth6
    link h4x1x2-eth0 s4x1-eth2
    link h4x2x1-eth0 s4x2-eth1
    link s4x2-eth5 s4x3-eth4
    link h4x2x2-eth0 s4x2-eth2
    link h4x3x1-eth0 s4x3-eth1
    link h4x3x2-eth0 s4x3-eth2
    topo torus,3,3,3
    hosts h1x1x1 h1x1x2 h1x1x3 h1x2x1 h1x2x2 h1x2x3 h1x3x1 h1x3x2
    hosts h1x3x3 h2x1x1 h2x1x2 h2x1x3 h2x2x1 h2x2x2 h2x2x3 h2x3x1
    hosts h2x3x2 h2x3x3 h3x1x1 h3x1x2 h3x1x3 h3x2x1 h3x2x2 h3x2x3
    hosts h3x3x1 h3x3x2 h3x3x3
    switches s1x1 s1x2 s1x3 s2x1 s2x2 s2x3 s3x1 s3x2
    switches s3x3
    link h1x1x1-eth0 s1x1-eth1
    link s1x1-eth4 s1x2-eth4
    link s1x1-eth5 s2x1-eth4
    link s1x3-eth5 s1x1-eth6
    link s3x1-eth6 s1x1-eth7
    link h1x1x2-eth0 s1x1-eth2
    link h1x1x3-eth0 s1x1-eth3
    link h1x2x1-eth0 s1x2-eth1
    link s1x2-eth5 s1x3-eth4
    link s1x2-eth6 s2x2-eth4
    link s3x2-eth7 s1x2-eth7
    link h1x2x2-eth0 s1x2-eth2
    link h1x2x3-eth0 s1x2-eth3
    link h1x3x1-eth0 s1x3-eth1
    link s1x3-eth6 s2x3-eth4
    link s3x3-eth7 s1x3-eth7
    link h1x3x2-eth0 s1x3-eth2
    link h1x3x3-eth0 s1x3-eth3
    link h2x1x1-eth0 s2x1-eth1
    link s2x1-eth5 s2x2-eth5
    link s2x1-eth6 s3x1-eth4
    link s2x3-eth6 s2x1-eth7
    link h2x1x2-eth0 s2x1-eth2
    link h2x1x3-eth0 s2x1-eth3
    link h2x2x1-eth0 s2x2-eth1
    link s2x2-eth6 s2x3-eth5
    link s2x2-eth7 s3x2-eth4
    link h2x2x2-eth0 s2x2-eth2
    link h2x2x3-eth0 s2x2-eth3
    link h2x3x1-eth0 s2x3-eth1
    link s2x3-eth7 s3x3-eth4
    link h2x3x2-eth0 s2x3-eth2
    link h2x3x3-eth0 s2x3-eth3
    link h3x1x1-eth0 s3x1-eth1
    link s3x1-eth5 s3x2-eth5
    link s3x3-eth6 s3x1-eth7
    link h3x1x2-eth0 s3x1-eth2
    link h3x1x3-eth0 s3x1-eth3
    link h3x2x1-eth0 s3x2-eth1
    link s3x2-eth6 s3x3-eth5
    link h3x2x2-eth0 s3x2-eth2
    link h3x2x3-eth0 s3x2-eth3
    link h3x3x1-eth0 s3x3-eth1
    link h3x3x2-eth0 s3x3-eth2
    link h3x3x3-eth0 s3x3-eth3
    """
