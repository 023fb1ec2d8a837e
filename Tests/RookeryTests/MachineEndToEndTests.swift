import Glibc
import Linux
import Testbed
import Testing

extension EndToEndTests {
    /// Runs whose machine is one that the test makes: namespaces of its own, another user.
    @Suite struct OnMachines {
        /// Runs a script as `unshare` does it: private mounts, a network of its own; `rookery` is in the PATH.
        private func run(_ script: String, _ program: borrowing Program) throws -> (status: Int32, text: String) {
            let preparation = """
                set -e
                ip link set lo up
                # Where other users can read it, too.
                mkdir \(program.runDirectory)/bin
                mount --bind '\(BuiltPrograms.folder)' \(program.runDirectory)/bin
                trap 'umount \(program.runDirectory)/bin; rmdir \(program.runDirectory)/bin' EXIT
                export PATH=\(program.runDirectory)/bin:$PATH ROOKERY_RUN_DIR=\(program.runDirectory)/labs
                cd /tmp

                """
            let run = try RunningProgram(
                ["unshare", "--mount", "--net", "sh", "-c", preparation + script], joinsErrors: true
            ).finish(within: 120)
            rmdir(program.runDirectory + "/labs")
            return (run.status, run.output)
        }

        @Test(.enabled(if: Machine.has("setpriv")))
        func theWholeWayWithoutRoot() throws {
            let program = Program()
            chmod(program.runDirectory, 0o755)
            let script = """
                mount -t tmpfs tmpfs /dev/net
                mknod -m 666 /dev/net/tun c 10 200
                install -d -o 65534 $ROOKERY_RUN_DIR
                setpriv --reuid=65534 --regid=65534 --clear-groups sh -e -c '
                    rookery up --topo single,3 --name t -d
                    rookery exec h1 ping -c1 -W3 h2
                    rookery link set h1:s1 delay=20ms
                    rookery ping h1 h3
                    rookery inspect
                    rookery down
                    rookery mn --test pingall'
                """
            let (status, text) = try run(script, program)
            #expect(status == 0, "\(text)")
            #expect(text.contains("1 received, 0% packet loss"))
            #expect(text.contains("rootless"))
            #expect(text.contains("h1:eth0 - s1:eth1  yes  delay=20ms"))
            #expect(text.contains("1 pairs, 0% lost"))
            #expect(text.contains("The lab t is down."))
            #expect(text.contains("*** Results: 0% dropped (2/2 received)"))
            #expect(program.leftovers.isEmpty)
        }

        /// The outside is a namespace that knows no way back: only a translated address is answered.
        @Test func mininetLeadsOutside() throws {
            let program = Program()
            let script = """
                unshare --net sleep 60 & outside=$!
                while [ "$(readlink /proc/$outside/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
                ip link add up0 type veth peer name out0 netns $outside
                ip addr add 192.0.2.1/24 dev up0
                ip link set up0 up
                nsenter -t $outside -n sh -c 'ip addr add 192.0.2.2/24 dev out0 && ip link set out0 up'
                rookery mn --nat <<END
                h1 ping -c1 -W3 192.0.2.2
                nat0 hostname
                END
                kill $outside
                cat /proc/sys/net/ipv4/ip_forward
                """
            let (status, text) = try run(script, program)
            #expect(status == 0, "\(text)")
            #expect(text.contains("h1 h2 nat0"), "\(text)")
            #expect(text.contains("1 received, 0% packet loss"), "\(text)")
            #expect(text.contains("nat0\n"))
            #expect(text.hasSuffix("0\n"), "\(text)")
        }

        @Test func aDetachedProgramHasTheMachinesNumber() throws {
            let program = Program()
            let up = try program.run("up", "--topo", "minimal", "--name", "t", "-d")
            try #require(up.status == 0, "\(up.all)")
            let number = try program.run("exec", "-d", "h1", "sleep", "4715").output
            let pid = try #require(Int32(number.split(separator: "\n").first ?? ""))
            #expect(try File.readText("/proc/\(pid)/cmdline") == "sleep\u{0}4715\u{0}")
            #expect(try program.run("down").status == 0)
        }
    }
}
