# Flows, groups and meters, and the packets whose way is traced.
TCP = ("in_port=1,tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,"
       "tp_src=1000,tp_dst=80")
UDP6 = ("in_port=1,udp6,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,"
        "nw_ttl=64,udp_src=1000,udp_dst=53")
ARP = ("in_port=1,arp,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,"
       "arp_sha=02:00:00:00:00:01")
VLAN = ("in_port=1,dl_vlan=100,dl_vlan_pcp=3,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x88b5")
MPLS = ("in_port=1,mpls,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,mpls_label=3,mpls_bos=1,mpls_ttl=4")
DYING = TCP.replace("nw_ttl=64", "nw_ttl=1")
OTHER = "in_port=2,dl_src=02:00:00:00:00:02,dl_dst=02:00:00:00:00:01,dl_type=0x88b5"


def case(name, flows, *packets, groups=(), meters=(), version="OpenFlow15"):
    return dict(name=name, flows=flows, packets=packets or (TCP,), groups=groups, meters=meters, version=version)


CASES = [
    case("output", ["actions=output:2"], TCP, UDP6, ARP, VLAN, MPLS, OTHER, "in_port=1"),
    case("miss", []),
    case("drop", ["cookie=0x1234,priority=7,tcp,actions=drop"], TCP, UDP6),
    case("normal", ["actions=normal"], TCP, ARP),
    case("matches", ["table=0,priority=5,tcp,nw_dst=10.0.0.0/24,tp_dst=80,actions=goto_table:3",
                     "table=0,priority=4,ipv6,ipv6_dst=2001:db8::/32,actions=goto_table:3",
                     "table=0,priority=3,dl_vlan=100,actions=goto_table:3", "table=3,in_port=1,actions=3"],
         TCP, UDP6, VLAN, ARP),
    case("nesting", ["table=0,priority=10,ip,actions=resubmit(,1),resubmit(,2),resubmit(,3)",
                     "table=1,tcp,actions=dec_ttl,resubmit(,4)", "table=2,actions=output:2",
                     "table=4,actions=output:3,resubmit(,5),output:2", "table=5,cookie=0x77,actions=drop"], TCP, DYING),
    case("goto", ["table=0,priority=10,ip,actions=set_field:9.9.9.9->ip_dst,resubmit(,1),output:3",
                  "table=1,tcp,actions=dec_ttl,goto_table:2", "table=2,actions=output:2"]),
    case("resubmit port", ["table=0,actions=resubmit(2,1),resubmit(,7)", "table=1,in_port=2,actions=output:3"]),
    case("fields", ["table=0,tcp,actions=set_field:46->ip_dscp,set_field:2->nw_ecn,set_field:9->nw_ttl,"
                    "set_field:9.9.9.9->ip_src,set_field:5.5.5.5->ip_dst,set_field:02:11:22:33:44:55->eth_dst,"
                    "set_field:02:00:00:00:00:99->eth_src,set_field:5->tcp_src,set_field:6->tcp_dst,output:2"]),
    case("fields6", ["udp6,actions=set_field:2001:db8::77->ipv6_src,set_field:0x54321->ipv6_label,set_field:9->nw_ttl,"
                     "set_field:54->udp_dst,output:2"], UDP6),
    case("arp reply", ["arp,actions=set_field:2->arp_op,set_field:10.9.9.9->arp_spa,"
                       "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],in_port"], ARP),
    case("unmet", ["tcp,actions=resubmit(,1)", "table=1,actions=set_field:5->reg0,output:2"], TCP),
    case("vlan", ["table=0,vlan_tci=0x0000/0x1fff,actions=push_vlan:0x8100,set_field:0x1005->vlan_vid,"
                  "set_field:3->vlan_pcp,output:2",
                  "table=0,dl_vlan=100,actions=pop_vlan,output:2"], TCP, VLAN),
    case("svlan", ["table=0,vlan_tci=0x0000/0x1fff,actions=push_vlan:0x88a8,set_field:0x1005->vlan_vid,output:2,"
                   "pop_vlan,output:3"]),
    case("mod vlan", ["actions=mod_vlan_vid:9,output:2,strip_vlan,output:3"], TCP, VLAN, version="OpenFlow10"),
    case("mpls", ["ip,actions=push_mpls:0x8847,set_field:77->mpls_label,output:2"]),
    case("mpls ttl", ["mpls,mpls_ttl=4,actions=dec_mpls_ttl,output:2"], MPLS),
    case("mpls dies", ["mpls,actions=dec_mpls_ttl,output:2"], MPLS.replace("ttl=4", "ttl=1")),
    case("pop mpls", ["table=0,mpls,actions=pop_mpls:0x800,goto_table:1", "table=1,tcp,actions=dec_ttl,output:2"],
         MPLS),
    case("controller", ["actions=controller:100,output:2"]),
    case("controllers", ["actions=controller(reason=no_match,max_len=128,id=3),output:2"]),
    case("action set", ["table=0,actions=write_actions(output:2),write_metadata:5,goto_table:1",
                        "table=1,actions=set_field:1->reg1"]),
    case("action set order", ["table=0,actions=write_actions(output:2,set_field:02:11:22:33:44:66->eth_dst),"
                              "goto_table:1",
                              "table=1,actions=write_actions(dec_ttl),goto_table:2",
                              "table=2,ip,actions=output:3"]),
    case("clear actions", ["table=0,actions=write_actions(output:2),goto_table:1",
                           "table=1,actions=clear_actions,goto_table:2", "table=2,actions=output:3"]),
    case("clone", ["actions=clone(set_field:02:11:22:33:44:55->eth_dst,output:3),output:2"]),
    case("registers", ["actions=output:NXM_NX_REG0[],set_field:2->reg0,output:NXM_NX_REG0[],"
                       "push:NXM_NX_REG0[],pop:NXM_NX_REG1[],pop:NXM_NX_REG2[]"]),
    case("move bits", ["actions=move:NXM_OF_ETH_SRC[0..15]->NXM_NX_REG3[8..23],move:NXM_NX_REG3[]->NXM_NX_REG4[],"
                       "output:2"]),
    case("queues", ["actions=set_queue:1,output:2,set_queue:3,output:3,pop_queue"]),
    case("truncate", ["actions=output(port=2,max_len=100),output:3"]),
    case("learn", ["actions=learn(table=1,NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),output:2"]),
    case("note", ["actions=note:01.02.03.04.05.06,output:2"]),
    case("ports", ["actions=output:1,output:9,in_port"]),
    case("flood", ["actions=FLOOD,output:3"]),
    case("loop", ["actions=resubmit(,0)"]),
    case("meter", ["actions=meter:1,output:2"], meters=["meter=1,kbps,band=type=drop,rate=100"]),
    case("group all", ["actions=group:1"],
         groups=["group_id=1,type=all,bucket=actions=output:2,bucket=actions=push_vlan:0x8100,"
                 "set_field:0x1005->vlan_vid,output:3"]),
    case("group indirect", ["actions=group:1,output:3"],
         groups=["group_id=1,type=indirect,bucket=actions=set_field:1.1.1.1->ip_src,output:2"]),
    case("group ff", ["actions=group:1,output:3"],
         groups=["group_id=1,type=ff,bucket=watch_port=9,actions=output:2,"
                 "bucket=watch_port=3,actions=set_field:1.1.1.1->ip_src,output:2"]),
    case("group dead", ["actions=group:1,output:3"],
         groups=["group_id=1,type=ff,bucket=watch_port=9,actions=output:2"]),
    case("conjunction", ["priority=10,ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)",
                         "priority=10,ip,nw_dst=10.0.0.2,actions=conjunction(7,2/2)",
                         "priority=10,conj_id=7,ip,actions=output:2", "priority=1,actions=output:3"], TCP, UDP6),
    case("ct", ["ip,ct_state=-trk,actions=ct(table=1,nat)", "table=1,ct_state=+trk+new,ip,actions=ct(commit),output:2",
                "table=1,ct_state=+trk+est,ip,actions=output:3"], TCP, TCP + " --ct-next trk,est"),
    case("ct mark", ["ip,actions=ct(commit,zone=5,exec(set_field:1->ct_mark),nat(src=1.1.1.1-1.1.1.5:10-20,random),"
                     "table=3)", "table=3,ip,actions=output:2,ct_clear"]),
    case("ct without table", ["ip,actions=ct(commit,zone=5),output:2"]),
    case("metadata of the trace", ["table=0,reg0=5,metadata=7,actions=output:2"], "in_port=1,reg0=5,metadata=7"),
]
