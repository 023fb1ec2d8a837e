/// What `ofproto/trace` of Open vSwitch 3.1 says (Recorder/record.py): per case its meters, groups and flows as ovs-ofctl
/// takes them, then each packet as `ofproto/trace` takes it, and the lines that it answered.
enum RecordedTraces {
    static let text = #"""
        case output
        flow actions=output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: 2
        packet in_port=1,udp6,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,nw_ttl=64,udp_src=1000,udp_dst=53
        | Flow: udp6,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,ipv6_label=0x00000,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=53
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ipv6,in_port=1,nw_frag=no
        | Datapath actions: 2
        packet in_port=1,arp,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_sha=02:00:00:00:00:01
        | Flow: arp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1,arp_sha=02:00:00:00:00:01,arp_tha=00:00:00:00:00:00
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,arp,in_port=1
        | Datapath actions: 2
        packet in_port=1,dl_vlan=100,dl_vlan_pcp=3,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x88b5
        | Flow: in_port=1,dl_vlan=100,dl_vlan_pcp=3,vlan_tci1=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x88b5
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,in_port=1,dl_type=0x88b5
        | Datapath actions: 2
        packet in_port=1,mpls,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,mpls_label=3,mpls_bos=1,mpls_ttl=4
        | Flow: mpls,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,mpls_label=3,mpls_tc=0,mpls_ttl=4,mpls_bos=1
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,mpls,in_port=1
        | Datapath actions: 2
        packet in_port=2,dl_src=02:00:00:00:00:02,dl_dst=02:00:00:00:00:01,dl_type=0x88b5
        | Flow: in_port=2,vlan_tci=0x0000,dl_src=02:00:00:00:00:02,dl_dst=02:00:00:00:00:01,dl_type=0x88b5
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     output:2
        |      >> skipping output to input port
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,in_port=2,dl_type=0x88b5
        | Datapath actions: drop
        packet in_port=1
        | Flow: in_port=1,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,dl_type=0x0000
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,in_port=1,dl_type=0x0000
        | Datapath actions: 2
        case miss
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. No match.
        |     drop
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: drop
        case drop
        flow cookie=0x1234,priority=7,tcp,actions=drop
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. tcp, priority 7, cookie 0x1234
        |     drop
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,tcp,in_port=1,nw_frag=no
        | Datapath actions: drop
        packet in_port=1,udp6,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,nw_ttl=64,udp_src=1000,udp_dst=53
        | Flow: udp6,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,ipv6_label=0x00000,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=53
        |
        | bridge("br0")
        | -------------
        |  0. No match.
        |     drop
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ipv6,in_port=1,nw_frag=no
        | Datapath actions: drop
        case normal
        flow actions=normal
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     NORMAL
        |      -> no learned MAC for destination, flooding
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_frag=no
        | Datapath actions: 100,2,3
        packet in_port=1,arp,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_sha=02:00:00:00:00:01
        | Flow: arp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1,arp_sha=02:00:00:00:00:01,arp_tha=00:00:00:00:00:00
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     NORMAL
        |      -> no learned MAC for destination, flooding
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,arp,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1
        | Datapath actions: 100,2,3
        case matches
        flow table=0,priority=5,tcp,nw_dst=10.0.0.0/24,tp_dst=80,actions=goto_table:3
        flow table=0,priority=4,ipv6,ipv6_dst=2001:db8::/32,actions=goto_table:3
        flow table=0,priority=3,dl_vlan=100,actions=goto_table:3
        flow table=3,in_port=1,actions=3
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. tcp,nw_dst=10.0.0.0/24,tp_dst=80, priority 5
        |     goto_table:3
        |  3. in_port=1, priority 32768
        |     output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,tcp,in_port=1,nw_dst=10.0.0.0/24,nw_frag=no,tp_dst=80
        | Datapath actions: 3
        packet in_port=1,udp6,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,nw_ttl=64,udp_src=1000,udp_dst=53
        | Flow: udp6,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,ipv6_label=0x00000,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=53
        |
        | bridge("br0")
        | -------------
        |  0. ipv6,ipv6_dst=2001:db8::/32, priority 4
        |     goto_table:3
        |  3. in_port=1, priority 32768
        |     output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ipv6,in_port=1,ipv6_dst=2001:db8::/32,nw_frag=no
        | Datapath actions: 3
        packet in_port=1,dl_vlan=100,dl_vlan_pcp=3,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x88b5
        | Flow: in_port=1,dl_vlan=100,dl_vlan_pcp=3,vlan_tci1=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x88b5
        |
        | bridge("br0")
        | -------------
        |  0. dl_vlan=100, priority 3
        |     goto_table:3
        |  3. in_port=1, priority 32768
        |     output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,in_port=1,dl_vlan=100,dl_type=0x88b5
        | Datapath actions: 3
        packet in_port=1,arp,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_sha=02:00:00:00:00:01
        | Flow: arp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1,arp_sha=02:00:00:00:00:01,arp_tha=00:00:00:00:00:00
        |
        | bridge("br0")
        | -------------
        |  0. No match.
        |     drop
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,arp,in_port=1
        | Datapath actions: drop
        case nesting
        flow table=0,priority=10,ip,actions=resubmit(,1),resubmit(,2),resubmit(,3)
        flow table=1,tcp,actions=dec_ttl,resubmit(,4)
        flow table=2,actions=output:2
        flow table=4,actions=output:3,resubmit(,5),output:2
        flow table=5,cookie=0x77,actions=drop
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. ip, priority 10
        |     resubmit(,1)
        |      1. tcp, priority 32768
        |             dec_ttl
        |             resubmit(,4)
        |          4. priority 32768
        |             output:3
        |             resubmit(,5)
        |              5. priority 32768, cookie 0x77
        |                     drop
        |             output:2
        |     resubmit(,2)
        |      2. priority 32768
        |             output:2
        |     resubmit(,3)
        |  3. No match.
        |     drop
        |
        | Final flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=63,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        | Megaflow: recirc_id=0,eth,tcp,in_port=1,nw_ttl=64,nw_frag=no
        | Datapath actions: set(ipv4(ttl=63)),3,2,2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=1,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=1,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. ip, priority 10
        |     resubmit(,1)
        |      1. tcp, priority 32768
        |             dec_ttl
        |              >> IPv4 decrement TTL exception
        |     resubmit(,2)
        |      2. priority 32768
        |             output:2
        |     resubmit(,3)
        |  3. No match.
        |     drop
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,tcp,in_port=1,nw_ttl=1,nw_frag=no
        | Datapath actions: userspace(pid=0,controller(reason=2,dont_send=1,continuation=0,recirc_id=1,rule_cookie=0,controller_id=0,max_len=65535)),2
        case goto
        flow table=0,priority=10,ip,actions=set_field:9.9.9.9->ip_dst,resubmit(,1),output:3
        flow table=1,tcp,actions=dec_ttl,goto_table:2
        flow table=2,actions=output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. ip, priority 10
        |     set_field:9.9.9.9->ip_dst
        |     resubmit(,1)
        |      1. tcp, priority 32768
        |             dec_ttl
        |             goto_table:2
        |          2. priority 32768
        |             output:2
        |     output:3
        |
        | Final flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=9.9.9.9,nw_tos=0,nw_ecn=0,nw_ttl=63,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        | Megaflow: recirc_id=0,eth,tcp,in_port=1,nw_dst=10.0.0.2,nw_ttl=64,nw_frag=no
        | Datapath actions: set(ipv4(dst=9.9.9.9,ttl=63)),2,3
        case resubmit port
        flow table=0,actions=resubmit(2,1),resubmit(,7)
        flow table=1,in_port=2,actions=output:3
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     resubmit(2,1)
        |      1. in_port=2, priority 32768
        |             output:3
        |     resubmit(,7)
        |  7. No match.
        |     drop
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: 3
        case fields
        flow table=0,tcp,actions=set_field:46->ip_dscp,set_field:2->nw_ecn,set_field:9->nw_ttl,set_field:9.9.9.9->ip_src,set_field:5.5.5.5->ip_dst,set_field:02:11:22:33:44:55->eth_dst,set_field:02:00:00:00:00:99->eth_src,set_field:5->tcp_src,set_field:6->tcp_dst,output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. tcp, priority 32768
        |     set_field:46->ip_dscp
        |     set_field:2->nw_ecn
        |     set_field:9->nw_ttl
        |     set_field:9.9.9.9->ip_src
        |     set_field:5.5.5.5->ip_dst
        |     set_field:02:11:22:33:44:55->eth_dst
        |     set_field:02:00:00:00:00:99->eth_src
        |     set_field:5->tcp_src
        |     set_field:6->tcp_dst
        |     output:2
        |
        | Final flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:99,dl_dst=02:11:22:33:44:55,nw_src=9.9.9.9,nw_dst=5.5.5.5,nw_tos=184,nw_ecn=2,nw_ttl=9,nw_frag=no,tp_src=5,tp_dst=6,tcp_flags=0
        | Megaflow: recirc_id=0,eth,tcp,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80
        | Datapath actions: set(eth(src=02:00:00:00:00:99,dst=02:11:22:33:44:55)),set(ipv4(src=9.9.9.9,dst=5.5.5.5,tos=0xba,ttl=9)),set(tcp(src=5,dst=6)),2
        case fields6
        flow udp6,actions=set_field:2001:db8::77->ipv6_src,set_field:0x54321->ipv6_label,set_field:9->nw_ttl,set_field:54->udp_dst,output:2
        packet in_port=1,udp6,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,nw_ttl=64,udp_src=1000,udp_dst=53
        | Flow: udp6,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,ipv6_label=0x00000,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=53
        |
        | bridge("br0")
        | -------------
        |  0. udp6, priority 32768
        |     set_field:2001:db8::77->ipv6_src
        |     set_field:0x54321->ipv6_label
        |     set_field:9->nw_ttl
        |     set_field:54->udp_dst
        |     output:2
        |
        | Final flow: udp6,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::77,ipv6_dst=2001:db8::2,ipv6_label=0x54321,nw_tos=0,nw_ecn=0,nw_ttl=9,nw_frag=no,tp_src=1000,tp_dst=54
        | Megaflow: recirc_id=0,eth,udp6,in_port=1,ipv6_src=2001:db8::1,ipv6_label=0x00000/0xfffff,nw_ttl=64,nw_frag=no,tp_dst=53
        | Datapath actions: set(ipv6(src=2001:db8::77,label=0x54321,hlimit=9)),set(udp(dst=54)),2
        case arp reply
        flow arp,actions=set_field:2->arp_op,set_field:10.9.9.9->arp_spa,move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],in_port
        packet in_port=1,arp,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_sha=02:00:00:00:00:01
        | Flow: arp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1,arp_sha=02:00:00:00:00:01,arp_tha=00:00:00:00:00:00
        |
        | bridge("br0")
        | -------------
        |  0. arp, priority 32768
        |     set_field:2->arp_op
        |     set_field:10.9.9.9->arp_spa
        |     move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]
        |      -> NXM_OF_ETH_DST[] is now 02:00:00:00:00:01
        |     IN_PORT
        |
        | Final flow: arp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:01,arp_spa=10.9.9.9,arp_tpa=10.0.0.2,arp_op=2,arp_sha=02:00:00:00:00:01,arp_tha=00:00:00:00:00:00
        | Megaflow: recirc_id=0,eth,arp,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.0.0.1,arp_op=1
        | Datapath actions: set(eth(dst=02:00:00:00:00:01)),set(arp(sip=10.9.9.9,op=2)),1
        | This flow is handled by the userspace slow path because it:
        |   - Uses action(s) not supported by datapath.
        case unmet
        flow tcp,actions=resubmit(,1)
        flow table=1,actions=set_field:5->reg0,output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. tcp, priority 32768
        |     resubmit(,1)
        |  1. priority 32768
        |     set_field:0x5->reg0
        |     output:2
        |
        | Final flow: tcp,reg0=0x5,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        | Megaflow: recirc_id=0,eth,tcp,in_port=1,nw_frag=no
        | Datapath actions: 2
        case vlan
        flow table=0,vlan_tci=0x0000/0x1fff,actions=push_vlan:0x8100,set_field:0x1005->vlan_vid,set_field:3->vlan_pcp,output:2
        flow table=0,dl_vlan=100,actions=pop_vlan,output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. vlan_tci=0x0000/0x1fff, priority 32768
        |     push_vlan:0x8100
        |     set_field:4101->vlan_vid
        |     set_field:3->vlan_pcp
        |     output:2
        |
        | Final flow: tcp,in_port=1,dl_vlan=5,dl_vlan_pcp=3,vlan_tci1=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: push_vlan(vid=5,pcp=3),2
        packet in_port=1,dl_vlan=100,dl_vlan_pcp=3,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x88b5
        | Flow: in_port=1,dl_vlan=100,dl_vlan_pcp=3,vlan_tci1=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x88b5
        |
        | bridge("br0")
        | -------------
        |  0. dl_vlan=100, priority 32768
        |     pop_vlan
        |     output:2
        |
        | Final flow: in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x88b5
        | Megaflow: recirc_id=0,eth,in_port=1,dl_vlan=100,dl_vlan_pcp=3,dl_type=0x88b5
        | Datapath actions: pop_vlan,2
        case svlan
        flow table=0,vlan_tci=0x0000/0x1fff,actions=push_vlan:0x88a8,set_field:0x1005->vlan_vid,output:2,pop_vlan,output:3
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. vlan_tci=0x0000/0x1fff, priority 32768
        |     push_vlan:0x88a8
        |     set_field:4101->vlan_vid
        |     output:2
        |     pop_vlan
        |     output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: push_vlan(tpid=0x88a8,vid=5,pcp=0),2,pop_vlan,3
        case mod vlan
        flow actions=mod_vlan_vid:9,output:2,strip_vlan,output:3
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     mod_vlan_vid:9
        |     output:2
        |     strip_vlan
        |     output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: push_vlan(vid=9,pcp=0),2,pop_vlan,3
        packet in_port=1,dl_vlan=100,dl_vlan_pcp=3,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x88b5
        | Flow: in_port=1,dl_vlan=100,dl_vlan_pcp=3,vlan_tci1=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x88b5
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     mod_vlan_vid:9
        |     output:2
        |     strip_vlan
        |     output:3
        |
        | Final flow: in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x88b5
        | Megaflow: recirc_id=0,eth,in_port=1,dl_vlan=100,dl_vlan_pcp=3,dl_type=0x88b5
        | Datapath actions: pop_vlan,push_vlan(vid=9,pcp=3),2,pop_vlan,3
        case mpls
        flow ip,actions=push_mpls:0x8847,set_field:77->mpls_label,output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. ip, priority 32768
        |     push_mpls:0x8847
        |     set_field:77->mpls_label
        |     output:2
        |
        | Final flow: mpls,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,mpls_label=77,mpls_tc=0,mpls_ttl=64,mpls_bos=1
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_tos=0,nw_ttl=64,nw_frag=no
        | Datapath actions: push_mpls(label=77,tc=0,ttl=64,bos=1,eth_type=0x8847),2
        case mpls ttl
        flow mpls,mpls_ttl=4,actions=dec_mpls_ttl,output:2
        packet in_port=1,mpls,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,mpls_label=3,mpls_bos=1,mpls_ttl=4
        | Flow: mpls,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,mpls_label=3,mpls_tc=0,mpls_ttl=4,mpls_bos=1
        |
        | bridge("br0")
        | -------------
        |  0. mpls,mpls_ttl=4, priority 32768
        |     dec_mpls_ttl
        |     output:2
        |
        | Final flow: mpls,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,mpls_label=3,mpls_tc=0,mpls_ttl=3,mpls_bos=1
        | Megaflow: recirc_id=0,eth,mpls,in_port=1,mpls_ttl=4
        | Datapath actions: set(mpls(label=3,tc=0,ttl=3,bos=1)),2
        case mpls dies
        flow mpls,actions=dec_mpls_ttl,output:2
        packet in_port=1,mpls,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,mpls_label=3,mpls_bos=1,mpls_ttl=1
        | Flow: mpls,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,mpls_label=3,mpls_tc=0,mpls_ttl=1,mpls_bos=1
        |
        | bridge("br0")
        | -------------
        |  0. mpls, priority 32768
        |     dec_mpls_ttl
        |      >> MPLS decrement TTL exception
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,mpls,in_port=1,mpls_ttl=1
        | Datapath actions: userspace(pid=0,controller(reason=2,dont_send=1,continuation=0,recirc_id=2,rule_cookie=0,controller_id=0,max_len=65535))
        case pop mpls
        flow table=0,mpls,actions=pop_mpls:0x800,goto_table:1
        flow table=1,tcp,actions=dec_ttl,output:2
        packet in_port=1,mpls,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,mpls_label=3,mpls_bos=1,mpls_ttl=4
        | Flow: mpls,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,mpls_label=3,mpls_tc=0,mpls_ttl=4,mpls_bos=1
        |
        | bridge("br0")
        | -------------
        |  0. mpls, priority 32768
        |     pop_mpls:0x0800
        |
        | Final flow: ip,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_proto=0,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=no
        | Megaflow: recirc_id=0,eth,mpls,in_port=1,mpls_bos=1
        | Datapath actions: pop_mpls(eth_type=0x800),recirc(0x3)
        case controller
        flow actions=controller:100,output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     CONTROLLER:100
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: userspace(pid=0,controller(reason=1,dont_send=1,continuation=0,recirc_id=4,rule_cookie=0,controller_id=0,max_len=100)),2
        case controllers
        flow actions=controller(reason=no_match,max_len=128,id=3),output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     controller(reason=no_match,max_len=128,id=3)
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: userspace(pid=0,controller(reason=0,dont_send=1,continuation=0,recirc_id=5,rule_cookie=0,controller_id=3,max_len=128)),2
        case action set
        flow table=0,actions=write_actions(output:2),write_metadata:5,goto_table:1
        flow table=1,actions=set_field:1->reg1
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     write_actions(output:2)
        |      -> action set is: output:2
        |     write_metadata:0x5
        |     goto_table:1
        |      1. priority 32768
        |             set_field:0x1->reg1
        | --. Executing action set:
        |     output:2
        |
        | Final flow: tcp,reg1=0x1,metadata=0x5,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: 2
        case action set order
        flow table=0,actions=write_actions(output:2,set_field:02:11:22:33:44:66->eth_dst),goto_table:1
        flow table=1,actions=write_actions(dec_ttl),goto_table:2
        flow table=2,ip,actions=output:3
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     write_actions(output:2,set_field:02:11:22:33:44:66->eth_dst)
        |      -> action set is: set_field:02:11:22:33:44:66->eth_dst,output:2
        |     goto_table:1
        |      1. priority 32768
        |             write_actions(dec_ttl)
        |              -> action set is: dec_ttl,set_field:02:11:22:33:44:66->eth_dst,output:2
        |             goto_table:2
        |          2. ip, priority 32768
        |             output:3
        | --. Executing action set:
        |     dec_ttl
        |     set_field:02:11:22:33:44:66->eth_dst
        |     output:2
        |
        | Final flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:11:22:33:44:66,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=63,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        | Megaflow: recirc_id=0,eth,tcp,in_port=1,dl_dst=02:00:00:00:00:02,nw_ttl=64,nw_frag=no
        | Datapath actions: 3,set(eth(dst=02:11:22:33:44:66)),set(ipv4(ttl=63)),2
        case clear actions
        flow table=0,actions=write_actions(output:2),goto_table:1
        flow table=1,actions=clear_actions,goto_table:2
        flow table=2,actions=output:3
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     write_actions(output:2)
        |      -> action set is: output:2
        |     goto_table:1
        |  1. priority 32768
        |     clear_actions
        |      -> action set was: output:2
        |     goto_table:2
        |  2. priority 32768
        |     output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: 3
        case clone
        flow actions=clone(set_field:02:11:22:33:44:55->eth_dst,output:3),output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     clone(set_field:02:11:22:33:44:55->eth_dst,output:3)
        |     set_field:02:11:22:33:44:55->eth_dst
        |     output:3
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,dl_dst=02:00:00:00:00:02,nw_frag=no
        | Datapath actions: set(eth(dst=02:11:22:33:44:55)),3,set(eth(dst=02:00:00:00:00:02)),2
        case registers
        flow actions=output:NXM_NX_REG0[],set_field:2->reg0,output:NXM_NX_REG0[],push:NXM_NX_REG0[],pop:NXM_NX_REG1[],pop:NXM_NX_REG2[]
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     output:NXM_NX_REG0[]
        |      -> output port is 0
        |      >> Nonexistent output port
        |     set_field:0x2->reg0
        |     output:NXM_NX_REG0[]
        |      -> output port is 2
        |     push:NXM_NX_REG0[]
        |     pop:NXM_NX_REG1[]
        |      -> NXM_NX_REG1[] is now 0x2
        |     pop:NXM_NX_REG2[]
        |      >>>> stack underflow <<<<
        |
        | Final flow: tcp,reg0=0x2,reg1=0x2,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: 2
        case move bits
        flow actions=move:NXM_OF_ETH_SRC[0..15]->NXM_NX_REG3[8..23],move:NXM_NX_REG3[]->NXM_NX_REG4[],output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     move:NXM_OF_ETH_SRC[0..15]->NXM_NX_REG3[8..23]
        |      -> NXM_NX_REG3[8..23] is now 0x1
        |     move:NXM_NX_REG3[]->NXM_NX_REG4[]
        |      -> NXM_NX_REG4[] is now 0x100
        |     output:2
        |
        | Final flow: tcp,reg3=0x100,reg4=0x100,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        | Megaflow: recirc_id=0,eth,ip,in_port=1,dl_src=00:00:00:00:00:01/00:00:00:00:ff:ff,nw_frag=no
        | Datapath actions: 2
        case queues
        flow actions=set_queue:1,output:2,set_queue:3,output:3,pop_queue
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     set_queue:1
        |     output:2
        |     set_queue:3
        |     output:3
        |     pop_queue
        |      -> queue = 0
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,skb_priority=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: set(skb_priority(0x1)),2,set(skb_priority(0x3)),3
        case truncate
        flow actions=output(port=2,max_len=100),output:3
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     output(port=2,max_len=100)
        |     output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: trunc(100),2,3
        case learn
        flow actions=learn(table=1,NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     learn(table=1,NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])
        |      >> suppressing side effects, so learn action ignored
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,dl_src=02:00:00:00:00:01,nw_frag=no
        | Datapath actions: 2
        case note
        flow actions=note:01.02.03.04.05.06,output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     note:01.02.03.04.05.06
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: 2
        case ports
        flow actions=output:1,output:9,in_port
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     output:1
        |      >> skipping output to input port
        |     output:9
        |      >> Nonexistent output port
        |     IN_PORT
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: 1
        case flood
        flow actions=FLOOD,output:3
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     FLOOD
        |     output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: 100,2,3,3
        case loop
        flow actions=resubmit(,0)
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |  0. priority 32768
        |     resubmit(,0)
        |      >>>> over max translation depth 64 <<<<
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: drop
        | Translation failed (Recursion too deep), packet is dropped.
        case meter
        meter meter=1,kbps,band=type=drop,rate=100
        flow actions=meter:1,output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     meter:1
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: meter(0),2
        case group all
        group group_id=1,type=all,bucket=actions=output:2,bucket=actions=push_vlan:0x8100,set_field:0x1005->vlan_vid,output:3
        flow actions=group:1
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     group:1
        |     bucket 0
        |             output:2
        |     bucket 1
        |             push_vlan:0x8100
        |             set_field:4101->vlan_vid
        |             output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: 2,push_vlan(vid=5,pcp=0),3
        case group indirect
        group group_id=1,type=indirect,bucket=actions=set_field:1.1.1.1->ip_src,output:2
        flow actions=group:1,output:3
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     group:1
        |     bucket 0
        |             set_field:1.1.1.1->ip_src
        |             output:2
        |     output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,tcp,in_port=1,nw_src=10.0.0.1,nw_frag=no
        | Datapath actions: set(ipv4(src=1.1.1.1)),2,set(ipv4(src=10.0.0.1)),3
        case group ff
        group group_id=1,type=ff,bucket=watch_port=9,actions=output:2,bucket=watch_port=3,actions=set_field:1.1.1.1->ip_src,output:2
        flow actions=group:1,output:3
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     group:1
        |      -> bucket 0: not live due to port 9
        |      -> using bucket 1
        |     bucket 1
        |             set_field:1.1.1.1->ip_src
        |             output:2
        |     output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,tcp,in_port=1,nw_src=10.0.0.1,nw_frag=no
        | Datapath actions: set(ipv4(src=1.1.1.1)),2,set(ipv4(src=10.0.0.1)),3
        case group dead
        group group_id=1,type=ff,bucket=watch_port=9,actions=output:2
        flow actions=group:1,output:3
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. priority 32768
        |     group:1
        |      -> bucket 0: not live due to port 9
        |      -> no live bucket
        |     output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: 3
        case conjunction
        flow priority=10,ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)
        flow priority=10,ip,nw_dst=10.0.0.2,actions=conjunction(7,2/2)
        flow priority=10,conj_id=7,ip,actions=output:2
        flow priority=1,actions=output:3
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. conj_id=7,ip, priority 10
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_frag=no
        | Datapath actions: 2
        packet in_port=1,udp6,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,nw_ttl=64,udp_src=1000,udp_dst=53
        | Flow: udp6,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,ipv6_label=0x00000,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=53
        |
        | bridge("br0")
        | -------------
        |  0. priority 1
        |     output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ipv6,in_port=1,nw_frag=no
        | Datapath actions: 3
        case ct
        flow ip,ct_state=-trk,actions=ct(table=1,nat)
        flow table=1,ct_state=+trk+new,ip,actions=ct(commit),output:2
        flow table=1,ct_state=+trk+est,ip,actions=output:3
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. ct_state=-trk,ip, priority 32768
        |     ct(table=1,nat)
        |     nat
        |      -> A clone of the packet is forked to recirculate. The forked pipeline will be resumed at table 1.
        |      -> Sets the packet to an untracked state, and clears all the conntrack fields.
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,ct_state=-trk,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: ct(nat),recirc(0x6)
        |
        | ===============================================================================
        | recirc(0x6) - resume conntrack with default ct_state=trk|new (use --ct-next to customize)
        | Replacing src/dst IP/ports to simulate NAT:
        |  Initial flow:
        |  Modified flow:
        | ===============================================================================
        |
        | Flow: recirc_id=0x6,ct_state=new|trk,eth,tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |     thaw
        |         Resuming from table 1
        |  1. ct_state=+new+trk,ip, priority 32768
        |     ct(commit)
        |     drop
        |      -> Sets the packet to an untracked state, and clears all the conntrack fields.
        |     output:2
        |
        | Final flow: recirc_id=0x6,eth,tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        | Megaflow: recirc_id=0x6,ct_state=+new+trk,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: ct(commit),2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80 --ct-next trk,est
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. ct_state=-trk,ip, priority 32768
        |     ct(table=1,nat)
        |     nat
        |      -> A clone of the packet is forked to recirculate. The forked pipeline will be resumed at table 1.
        |      -> Sets the packet to an untracked state, and clears all the conntrack fields.
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,ct_state=-trk,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: ct(nat),recirc(0x7)
        |
        | ===============================================================================
        | recirc(0x7) - resume conntrack with ct_state=est|trk
        | Replacing src/dst IP/ports to simulate NAT:
        |  Initial flow:
        |  Modified flow:
        | ===============================================================================
        |
        | Flow: recirc_id=0x7,ct_state=est|trk,eth,tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |     thaw
        |         Resuming from table 1
        |  1. ct_state=+est+trk,ip, priority 32768
        |     output:3
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0x7,ct_state=-new+est+trk,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: 3
        case ct mark
        flow ip,actions=ct(commit,zone=5,exec(set_field:1->ct_mark),nat(src=1.1.1.1-1.1.1.5:10-20,random),table=3)
        flow table=3,ip,actions=output:2,ct_clear
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. ip, priority 32768
        |     ct(commit,table=3,zone=5,exec(set_field:0x1->ct_mark,nat(src=1.1.1.1-1.1.1.5:10-20,random)))
        |     set_field:0x1->ct_mark
        |     nat(src=1.1.1.1-1.1.1.5:10-20,random)
        |      -> A clone of the packet is forked to recirculate. The forked pipeline will be resumed at table 3.
        |      -> Sets the packet to an untracked state, and clears all the conntrack fields.
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: ct(commit,zone=5,mark=0x1/0xffffffff,nat(src=1.1.1.1-1.1.1.5:10-20,random)),recirc(0x8)
        |
        | ===============================================================================
        | recirc(0x8) - resume conntrack with default ct_state=trk|new (use --ct-next to customize)
        | Replacing src/dst IP/ports to simulate NAT:
        |  Initial flow: nw_src=10.0.0.1,tp_src=1000,nw_dst=10.0.0.2,tp_dst=80
        |  Modified flow: nw_src=1.1.1.1,tp_src=10,nw_dst=10.0.0.2,tp_dst=80
        | ===============================================================================
        |
        | Flow: recirc_id=0x8,ct_state=new|trk,ct_zone=5,ct_mark=0x1,eth,tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=1.1.1.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=10,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |     thaw
        |         Resuming from table 3
        |  3. ip, priority 32768
        |     output:2
        |     ct_clear
        |
        | Final flow: recirc_id=0x8,eth,tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=1.1.1.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=10,tp_dst=80,tcp_flags=0
        | Megaflow: recirc_id=0x8,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: 2,ct_clear
        case ct without table
        flow ip,actions=ct(commit,zone=5),output:2
        packet in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80
        | Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0
        |
        | bridge("br0")
        | -------------
        |  0. ip, priority 32768
        |     ct(commit,zone=5)
        |     drop
        |      -> Sets the packet to an untracked state, and clears all the conntrack fields.
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,ip,in_port=1,nw_frag=no
        | Datapath actions: ct(commit,zone=5),2
        case metadata of the trace
        flow table=0,reg0=5,metadata=7,actions=output:2
        packet in_port=1,reg0=5,metadata=7
        | Flow: reg0=0x5,metadata=0x7,in_port=1,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,dl_type=0x0000
        |
        | bridge("br0")
        | -------------
        |  0. reg0=0x5,metadata=0x7, priority 32768
        |     output:2
        |
        | Final flow: unchanged
        | Megaflow: recirc_id=0,eth,in_port=1,dl_type=0x0000
        | Datapath actions: 2
        """#
}
