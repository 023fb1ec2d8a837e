import ArgumentParser

struct SwitchVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switch", abstract: "Look at switches and change them: bridges, ports, flows.",
        discussion: """
            For rookery-switchd and Open vSwitch, by the sockets in /var/run/openvswitch
            (--db unix:FILE for others), and, but for bridges and ports, for the switches
            of labs:
              rookery switch add-br br0
              rookery switch add-port br0 eth1 --tag 10
              rookery switch add-flow br0 priority=10,ip,actions=output:2
              rookery switch flows LAB/s1
              rookery switch trace LAB/s1 in_port=1,icmp,nw_dst=10.0.0.2
            Open vSwitch's own tools work as well.
            """,
        groupedSubcommands: [
            .init(
                name: "Configuration",
                subcommands: [
                    ShowSwitch.self, ListBridges.self, AddBridge.self, DeleteBridge.self, ListPorts.self, AddPort.self,
                    DeletePort.self, ListRecords.self, GetColumns.self, SetColumns.self, ClearColumns.self,
                    ShowControllers.self, SetControllers.self,
                ]),
            .init(
                name: "Flows",
                subcommands: [
                    ShowFlows.self, AddFlow.self, AddFlows.self, ModifyFlows.self, DeleteFlows.self, ReplaceFlows.self,
                    ShowGroups.self, AddGroup.self, ModifyGroup.self, DeleteGroups.self, ShowMeters.self, AddMeter.self,
                    ModifyMeter.self, DeleteMeters.self,
                ]),
            .init(
                name: "Traffic",
                subcommands: [
                    ShowPorts.self, ShowTables.self, TracePacket.self, ShowAddresses.self, ShowConnections.self,
                    MonitorSwitch.self, RunCommand.self,
                ]),
        ])
}
