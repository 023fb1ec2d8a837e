/// What a flow does with a packet: the actions of OpenFlow 1.0 to 1.5 and Nicira's extensions, one case for what a
/// packet can tell apart. The codec (target OpenFlow) chooses how a version spells each; where two spellings must
/// survive a round trip in ovs-ofctl's text (`load:` beside `set_field:`), there are two cases.
public indirect enum Action: Equatable, Sendable {
    // MARK: Outputs
    /// To a port, or to one of the reserved ports of `PortNumber` but the controller. `maxLength` (`max_len`) means
    /// nothing there, but statistics give back what the controller sent.
    case output(UInt32, maxLength: UInt16 = 0)
    /// To a port, cut to `maxLength` bytes (`NXAST_OUTPUT_TRUNC`).
    case outputTruncated(port: UInt32, maxLength: UInt32)
    /// To the port whose number is in a field (`NXAST_OUTPUT_REG`, `NXAST_OUTPUT_REG2`).
    case outputField(Subfield, maxLength: UInt16)
    /// To the controllers.
    case controller(ControllerOutput)
    /// To a port, by one of its queues (`OFPAT_ENQUEUE`).
    case enqueue(port: UInt32, queue: UInt32)
    /// The queue for the outputs that follow (`OFPAT_SET_QUEUE`).
    case setQueue(UInt32)
    /// The queue as it was before the first `setQueue` (`NXAST_POP_QUEUE`).
    case popQueue
    /// Through a group (`OFPAT_GROUP`).
    case group(UInt32)
    /// Through a meter (`OFPAT_METER`, OpenFlow 1.5).
    case meter(UInt32)
    /// To one of several ports, chosen by a hash (`NXAST_BUNDLE`, `NXAST_BUNDLE_LOAD`).
    case bundle(BundleChoice)

    // MARK: Fields
    /// Overwrites the bits of `field` under `mask` (`OFPAT_SET_FIELD`, `NXAST_REG_LOAD2`).
    case setField(Field, value: FieldValue, mask: FieldValue)
    /// Writes to an option of the tunnel, which the packet has from then on (`OFPAT_SET_FIELD` of `tun_metadataN`).
    case setTunnelOption(TunnelOption)
    /// Takes an option of the tunnel away (`NXAST_DELETE_FIELD`); there is nothing of other fields.
    case deleteField(Field)
    /// Overwrites some bits of a field (`NXAST_REG_LOAD`).
    case load(UInt64, Subfield)
    /// Copies bits (`NXAST_REG_MOVE`, `OFPAT_COPY_FIELD`).
    case move(from: Subfield, to: Subfield)
    /// Onto and off the stack (`NXAST_STACK_PUSH`, `NXAST_STACK_POP`).
    case push(Subfield)
    case pop(Subfield)
    /// The setters of OpenFlow 1.0 and 1.1. Those of VLANs push a tag where there is none in OpenFlow 1.0
    /// (`pushIfNeeded`); all of them do nothing to packets without the field.
    case setVLANID(UInt16, pushIfNeeded: Bool)
    case setVLANPriority(UInt8, pushIfNeeded: Bool)
    case setEthernetSource(UInt64)
    case setEthernetDestination(UInt64)
    case setIPv4Source(UInt32)
    case setIPv4Destination(UInt32)
    /// The DSCP, as the upper six bits of the octet.
    case setToS(UInt8)
    case setECN(UInt8)
    case setTTL(UInt8)
    case setTransportSource(UInt16)
    case setTransportDestination(UInt16)
    /// The tunnel's key, 32 or 64 bits wide (`NXAST_SET_TUNNEL`, `NXAST_SET_TUNNEL64`).
    case setTunnel(UInt64, wide: Bool)
    case setMPLSLabel(UInt32)
    case setMPLSTC(UInt8)
    case setMPLSTTL(UInt8)

    // MARK: Tags and TTLs
    /// A new outer tag with the present outer tag's VLAN and priority, or zeros; `tpid` is 0x8100 or 0x88a8.
    case pushVLAN(tpid: UInt16)
    /// Takes the outer tag off; `strip_vlan` and `pop_vlan` are the same action.
    case popVLAN
    case pushMPLS(etherType: UInt16)
    case popMPLS(etherType: UInt16)
    case pushPBB(etherType: UInt16)
    case popPBB
    /// Decrements the IPv4 TTL or IPv6 hop limit; a packet whose TTL would reach 0 goes no further, but to the
    /// controllers whose ids are named (`NXAST_DEC_TTL_CNT_IDS`; none named: those of id 0), for `OFPR_INVALID_TTL`.
    case decrementTTL(controllers: [UInt16] = [])
    case decrementMPLSTTL
    case copyTTLOut
    case copyTTLIn
    /// Packet-type changes (`NXAST_ENCAP`, `NXAST_DECAP`, OpenFlow 1.5 packet types), as far as Ethernet.
    case encapsulate(packetType: UInt32)
    /// `nil`: the type that follows from the packet.
    case decapsulate(packetType: UInt32?)

    // MARK: The pipeline
    /// Looks the packet up again in `table` (nil: the present one) as if it came in on `port` (nil: the present one),
    /// then goes on with the actions behind (`NXAST_RESUBMIT`, `NXAST_RESUBMIT_TABLE`, `NXAST_RESUBMIT_TABLE_CT`).
    case resubmit(port: UInt32?, table: UInt8?, connectionTuple: Bool = false)
    /// Does the actions to a copy; what they change is undone behind (`NXAST_CLONE`).
    case clone([Action])
    /// Ends the flow's actions and those of the flows that resubmitted to it (`NXAST_EXIT`).
    case exit
    /// Ends the processing of the packet.
    case drop
    /// Adds a flow that the packet defines (`NXAST_LEARN`, `NXAST_LEARN2`).
    case learn(LearnedFlow)
    /// One dimension of a conjunctive match (`NXAST_CONJUNCTION`); does nothing itself. `clause` counts from 0.
    case conjunction(id: UInt32, clause: UInt8, clauses: UInt8)
    /// A hash of the packet into a field (`NXAST_MULTIPATH`).
    case multipath(Multipath)
    /// Shorter timeouts for TCP connections that end (`NXAST_FIN_TIMEOUT`), in seconds.
    case finTimeout(idle: UInt16, hard: UInt16)
    /// One bit: whether the packet is longer than `length` bytes (`NXAST_CHECK_PKT_LARGER`).
    case checkPacketLarger(length: UInt16, to: Subfield)
    /// Through the connection tracker (`NXAST_CT`, `NXAST_CT_CLEAR`, `NXAST_NAT`; `nat` inside `ct` alone).
    case connectionTrack(ConnectionTracking)
    case connectionClear
    case nat(AddressTranslation)
    /// A sample to the IPFIX and sFlow collectors (`NXAST_SAMPLE` 1 to 3).
    case sample(PacketSample)
    /// Bytes that mean nothing (`NXAST_NOTE`).
    case note([UInt8])
}
