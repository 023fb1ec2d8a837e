/// The Python that `--custom`, `py` and `px` run: a small `mininet` package that writes down what a topology file adds,
/// and objects that stand for the network and its nodes.
enum PythonSource {
    /// Prints what the files given describe, as `CustomTopology` reads it.
    static let describe = mininetPackage + topologyReader
    /// Serves `py`, `px` and custom tests.
    static let bridge = mininetPackage + networkProxies

    private static let mininetPackage = #"""
        import json, os, re, sys, types

        def _natural(text):
            return [int(p) if p.isdigit() else p for p in re.findall(r'\d+|\D+', str(text))]

        class Topo(object):
            "Writes down nodes and links; Mininet's interface."
            def __init__(self, *args, **params):
                self._nodes, self._links, self._ports = {}, [], {}
                self.hopts = params.pop('hopts', {})
                self.sopts = params.pop('sopts', {})
                self.lopts = params.pop('lopts', {})
                self.build(*args, **params)
            def build(self, *args, **params):
                pass
            def addNode(self, name, **opts):
                self._nodes[name] = opts
                return name
            def addHost(self, name, **opts):
                return self.addNode(name, **(opts or dict(self.hopts)))
            def addSwitch(self, name, **opts):
                opts = dict(opts or self.sopts)
                opts['isSwitch'] = True
                return self.addNode(name, **opts)
            def addPort(self, src, dst, sport=None, dport=None):
                def take(node, port):
                    used = self._ports.setdefault(node, {})
                    return len(used) + (1 if self.isSwitch(node) else 0) if port is None else port
                sport = take(src, sport)
                self._ports[src][sport] = None
                dport = take(dst, dport)
                self._ports[src][sport] = (dst, dport)
                self._ports[dst][dport] = (src, sport)
                return sport, dport
            def addLink(self, node1, node2, port1=None, port2=None, key=None, **opts):
                for node in (node1, node2):
                    self._nodes.setdefault(node, {})
                port1, port2 = self.addPort(node1, node2, port1, port2)
                info = dict(opts or self.lopts)
                info.update(node1=node1, node2=node2, port1=port1, port2=port2)
                self._links.append(info)
                return len(self._links) - 1
            def isSwitch(self, name):
                return bool(self._nodes.get(name, {}).get('isSwitch'))
            def nodes(self, sort=True):
                return sorted(self._nodes, key=_natural) if sort else list(self._nodes)
            def hosts(self, sort=True):
                return [n for n in self.nodes(sort) if not self.isSwitch(n)]
            def switches(self, sort=True):
                return [n for n in self.nodes(sort) if self.isSwitch(n)]
            def links(self, sort=False, withKeys=False, withInfo=False):
                rows = []
                for key, info in enumerate(self._links):
                    row = (info['node1'], info['node2'])
                    rows.append(row + ((key,) if withKeys else ()) + ((info,) if withInfo else ()))
                return sorted(rows, key=lambda r: [_natural(x) for x in r[:2]]) if sort else rows
            iterLinks = links
            def nodeInfo(self, name):
                return self._nodes[name]
            def setNodeInfo(self, name, info):
                self._nodes[name] = info
            def linkInfo(self, src, dst, key=None):
                for info in self._links:
                    if {info['node1'], info['node2']} == {src, dst}:
                        return info
                raise KeyError((src, dst))
            def port(self, src, dst):
                found = [(p, e[1]) for p, e in self._ports.get(src, {}).items() if e and e[0] == dst]
                return found[0] if len(found) == 1 else found
            @staticmethod
            def sorted(items):
                return sorted(items, key=_natural)

        def irange(start, end):
            return range(start, end + 1)

        class SingleSwitchTopo(Topo):
            def build(self, k=2, **_opts):
                switch = self.addSwitch('s1')
                for h in irange(1, k):
                    self.addLink(self.addHost('h%s' % h), switch)
        class SingleSwitchReversedTopo(Topo):
            def build(self, k=2):
                switch = self.addSwitch('s1')
                for h in irange(1, k):
                    self.addLink(self.addHost('h%s' % h), switch, port1=0, port2=k - h + 1)
        class MinimalTopo(SingleSwitchTopo):
            def build(self):
                SingleSwitchTopo.build(self, k=2)
        class LinearTopo(Topo):
            def build(self, k=2, n=1, **_opts):
                last = None
                for i in irange(1, k):
                    switch = self.addSwitch('s%s' % i)
                    for j in irange(1, n):
                        self.addLink(self.addHost('h%s' % i if n == 1 else 'h%ss%s' % (j, i)), switch)
                    if last:
                        self.addLink(switch, last)
                    last = switch
        class TreeTopo(Topo):
            def build(self, depth=1, fanout=2):
                self.hostNum = self.switchNum = 1
                self.addTree(depth, fanout)
            def addTree(self, depth, fanout):
                if depth == 0:
                    node = self.addHost('h%s' % self.hostNum)
                    self.hostNum += 1
                    return node
                node = self.addSwitch('s%s' % self.switchNum)
                self.switchNum += 1
                for _ in range(fanout):
                    self.addLink(node, self.addTree(depth - 1, fanout))
                return node
        class TorusTopo(Topo):
            def build(self, x, y, n=1):
                name = lambda i, j: 's%dx%d' % (i + 1, j + 1)
                for i in range(x):
                    for j in range(y):
                        switch = self.addSwitch(name(i, j), dpid='%x' % ((i << 16) + j + 1))
                        for k in range(n):
                            host = 'h%dx%d' % (i + 1, j + 1) + ('' if n == 1 else 'x%d' % (k + 1))
                            self.addLink(self.addHost(host), switch)
                for i in range(x):
                    for j in range(y):
                        self.addLink(name(i, j), name(i, (j + 1) % y))
                        self.addLink(name(i, j), name((i + 1) % x, j))

        def _say(*args, **_):
            sys.stderr.write(' '.join(str(a) for a in args))
            sys.stderr.flush()
        def _quiet(*_args, **_kw):
            return None

        class _Placeholder(type):
            "A class that topology files name and this description does not need."
            def __getattr__(cls, name):
                if name.startswith('__'):
                    raise AttributeError(name)
                return _quiet
        def _named(name, **attributes):
            return _Placeholder(str(name), (object,), dict(attributes, __init__=lambda self, *a, **k: None))

        class _Module(types.ModuleType):
            def __getattr__(self, name):
                if name.startswith('__'):
                    raise AttributeError(name)
                value = _named(name)
                setattr(self, name, value)
                return value

        class _NoNetwork(object):
            "Files that build and run a network by themselves are programs, not topologies."
            def __init__(self, *_args, **_kw):
                raise RuntimeError('this file starts a Mininet network by itself; only its topos can be used')

        def _numeric(text):
            for kind in (int, float):
                try:
                    return kind(text)
                except ValueError:
                    pass
            return text
        def _split(text):
            words = [w for w in text.split(',') if w]
            args = [_numeric(w) for w in words[1:] if '=' not in w]
            pairs = dict(w.split('=', 1) for w in words[1:] if '=' in w)
            return words[0] if words else '', args, {k: _numeric(v) for k, v in pairs.items()}

        def _install():
            shaped = dict(_shaped=True)
            contents = {
                '': {},
                'topo': dict(Topo=Topo, SingleSwitchTopo=SingleSwitchTopo, LinearTopo=LinearTopo,
                             SingleSwitchReversedTopo=SingleSwitchReversedTopo, MinimalTopo=MinimalTopo),
                'topolib': dict(TreeTopo=TreeTopo, TorusTopo=TorusTopo),
                'link': dict(Link=_named('Link', _shaped=False), TCLink=_named('TCLink', **shaped),
                             TCULink=_named('TCULink', **shaped), TCIntf=_named('TCIntf', **shaped)),
                'node': {}, 'nodelib': {}, 'clean': {}, 'term': {}, 'moduledeps': {}, 'examples': {},
                'net': dict(Mininet=_NoNetwork, VERSION='2.3.0'),
                'cli': {},
                'log': dict(info=_say, output=_say, warn=_say, warning=_say, error=_say, debug=_quiet,
                            setLogLevel=_quiet, lg=_named('lg')),
                'util': dict(irange=irange, natural=_natural, splitArgs=_split, custom=lambda cls, **k: cls,
                             customClass=lambda classes, name: classes.get(name.split(',')[0]),
                             dumpNodeConnections=_quiet, dumpNetConnections=_quiet, quietRun=_quiet,
                             macColonHex=lambda n: ':'.join('%02x' % (n >> s & 255) for s in range(40, -1, -8)),
                             ipStr=lambda n: '.'.join('%d' % (n >> s & 255) for s in (24, 16, 8, 0)),
                             numCores=lambda: os.cpu_count() or 1),
            }
            for name, names in contents.items():
                full = 'mininet.' + name if name else 'mininet'
                module = _Module(full)
                module.__dict__.update(names)
                module.__path__ = []
                sys.modules[full] = module
                if name:
                    setattr(sys.modules['mininet'], name, module)

        def _load(paths):
            "What the files define, as Mininet's --custom takes it."
            found = {}
            kinds = ('topos', 'tests', 'testnames', 'hosts', 'switches', 'controllers', 'links')
            for path in paths:
                names = {'__name__': 'custom', '__file__': path}
                sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
                with open(path) as file:
                    exec(compile(file.read(), path, 'exec'), names, names)
                for kind in kinds:
                    if isinstance(names.get(kind), dict):
                        found.setdefault(kind, {}).update(names[kind])
            return found

        """#

    private static let topologyReader = #"""

        def _text(value):
            return None if value is None else str(value)

        def _link(info):
            taken = ('node1', 'node2', 'port1', 'port2', 'params1', 'params2', 'cls', 'intfName1', 'intfName2',
                     'addr1', 'addr2', 'fast', 'intf', 'cls1', 'cls2')
            common = {k: str(v) for k, v in info.items() if k not in taken and v is not None}
            end = lambda key: dict(common, **{k: str(v) for k, v in (info.get(key) or {}).items() if v is not None})
            cls = info.get('cls')
            shaped = None if cls is None else bool(getattr(cls, '_shaped', False) is True)
            return dict(node1=info['node1'], node2=info['node2'], port1=info['port1'], port2=info['port2'],
                        name1=info.get('intfName1'), name2=info.get('intfName2'),
                        mac1=info.get('addr1'), mac2=info.get('addr2'), isShaped=shaped,
                        parameters1=end('params1'), parameters2=end('params2'))

        def _node(name, info):
            cores = info.get('cores')
            if isinstance(cores, (list, tuple)):
                cores = ','.join(str(c) for c in cores)
            cpu = info.get('cpu')
            stp = info.get('stp')
            return dict(name=name, isSwitch=bool(info.get('isSwitch')), ip=_text(info.get('ip')),
                        mac=_text(info.get('mac')), defaultRoute=_text(info.get('defaultRoute')),
                        cpu=None if cpu is None else float(cpu), cores=_text(cores), dpid=_text(info.get('dpid')),
                        failMode=_text(info.get('failMode')), stp=None if stp is None else bool(stp))

        def _main(spec, paths):
            _install()
            found = _load(paths)
            name, args, kwargs = _split(spec)
            notes = ['the custom %s "%s" are Python classes, which are not used: the standard ones are' %
                     (kind, ', '.join(sorted(found[kind])))
                     for kind in ('hosts', 'switches', 'controllers', 'links') if found.get(kind)]
            description = None
            if name in found.get('topos', {}):
                topo = found['topos'][name](*args, **kwargs)
                description = dict(nodes=[_node(n, topo.nodeInfo(n)) for n in topo.nodes()],
                                   links=[_link(info) for _, _, info in topo.links(withInfo=True)])
            tests = sorted(found.get('tests', {})) + sorted(found.get('testnames', {}))
            with os.fdopen(3, 'w') as output:
                json.dump(dict(topology=description, tests=tests, notes=notes), output)

        try:
            _main(sys.argv[1], sys.argv[2:])
        except SystemExit:
            raise
        except BaseException as problem:
            import traceback
            places = [f for f in traceback.extract_tb(sys.exc_info()[2]) if f[0] in sys.argv[2:]]
            where = '%s:%s: ' % (places[-1][0], places[-1][1]) if places else ''
            if isinstance(problem, SyntaxError):
                where = '%s:%s: ' % (problem.filename, problem.lineno)
            sys.stderr.write('%s%s: %s\n' % (where, type(problem).__name__, problem))
            sys.exit(1)
        """#

    private static let networkProxies = #"""

        _replies = os.fdopen(3, 'r')
        _requests = os.fdopen(4, 'w')

        def _send(message):
            _requests.write(json.dumps(message) + '\n')
            _requests.flush()

        def _call(name, *args):
            sys.stdout.flush()
            _send(dict(call=name, arguments=[str(a) for a in args]))
            line = _replies.readline()
            if not line:
                raise EOFError('the network is gone')
            reply = json.loads(line)
            if reply.get('error') is not None:
                raise RuntimeError(reply['error'])
            return reply['list'] if reply.get('list') is not None else reply.get('text')

        class Intf(object):
            def __init__(self, node, name):
                self.node, self.name = node, name
            def IP(self):
                return _call('ip', self.node.name, self.name) or None
            def MAC(self):
                return _call('mac', self.node.name, self.name) or None
            def ifconfig(self, *args):
                return self.node.cmd('ifconfig', self.name, *args)
            def isUp(self):
                return 'UP' in self.node.cmd('ip', 'link', 'show', 'up', self.name)
            def __str__(self):
                return self.name
            def __repr__(self):
                return '<Intf %s>' % self.name

        class Node(object):
            def __init__(self, net, name, kind):
                self.net, self.name, self.kind, self.params = net, name, kind, {}
            def cmd(self, *args, **_):
                args = args[0] if len(args) == 1 and isinstance(args[0], (list, tuple)) else args
                return _call('cmd', self.name, ' '.join(str(a) for a in args))
            def cmdPrint(self, *args, **_):
                output = self.cmd(*args)
                sys.stdout.write(output)
                return output
            def sendCmd(self, *args, **_):
                self._output = self.cmd(*args)
            def waitOutput(self, *_args, **_kw):
                return self._output
            def pexec(self, *args, **_):
                return self.cmd(*args), '', int(self.cmd('echo $?').strip() or 0)
            def popen(self, *args, **kw):
                import subprocess
                args = args[0] if len(args) == 1 else list(args)
                args = args.split() if isinstance(args, str) else list(args)
                kw.setdefault('stdout', subprocess.PIPE)
                kw.setdefault('stderr', subprocess.PIPE)
                return subprocess.Popen([self.net.rookery, 'exec', '-T', '-n', self.net.lab, self.name] + args, **kw)
            def IP(self, intf=None):
                return _call('ip', self.name, intf or '') or None
            def MAC(self, intf=None):
                return _call('mac', self.name, intf or '') or None
            def setIP(self, ip, prefixLen=8, intf=None):
                return _call('setIP', self.name, ip if '/' in ip else '%s/%s' % (ip, prefixLen), intf or '')
            def setARP(self, ip, mac):
                return self.cmd('ip neigh replace', ip, 'lladdr', mac, 'nud permanent dev', self.defaultIntf())
            def setDefaultRoute(self, intf=None):
                route = intf if isinstance(intf, str) and ' ' in intf else 'dev %s' % (intf or self.defaultIntf())
                return self.cmd('ip route replace default', route)
            def setHostRoute(self, ip, intf):
                return self.cmd('ip route add', ip, 'dev', intf)
            @property
            def pid(self):
                return int(_call('pid', self.name))
            def intfNames(self):
                return _call('intfs', self.name)
            def intfList(self):
                return [Intf(self, n) for n in self.intfNames()]
            def intf(self, name=None):
                return Intf(self, name) if name else self.defaultIntf()
            def defaultIntf(self):
                names = [n for n in self.intfNames() if n != 'lo']
                return Intf(self, names[0]) if names else None
            @property
            def intfs(self):
                return dict(enumerate(self.intfList()))
            def connectionsTo(self, node):
                return [(Intf(self, a), Intf(node, b)) for x, a, y, b in self.net._ends() if (x, y) ==
                        (self.name, node.name)] + [(Intf(self, b), Intf(node, a)) for x, a, y, b in
                        self.net._ends() if (y, x) == (self.name, node.name)]
            def __str__(self):
                return self.name
            def __repr__(self):
                intfs = ','.join('%s:%s' % (i, i.IP()) for i in self.intfList())
                return '<%s %s: %s pid=%s> ' % (self.kind, self.name, intfs, self.pid)

        class Switch(Node):
            def dpctl(self, *args):
                return _call('dpctl', self.name, *args)
            def start(self, _controllers=None):
                _call('switch', self.name, 'start')
            def stop(self, *_args, **_kw):
                _call('switch', self.name, 'stop')
            def connected(self):
                return True

        class Net(object):
            def __init__(self, description):
                self.lab, self.rookery = description['lab'], description['rookery']
                self.links = description['links']
                self.hosts = [Node(self, n, 'Host') for n in description['hosts']]
                self.switches = [Switch(self, n, 'OVSBridge') for n in description['switches']]
                self.controllers = [Node(self, n, 'Controller') for n in description['controllers']]
                self.nameToNode = {n.name: n for n in self.hosts + self.switches + self.controllers}
            def _ends(self):
                return self.links
            def get(self, *names):
                nodes = [self.nameToNode[n] for n in names]
                return nodes[0] if len(nodes) == 1 else nodes
            getNodeByName = get
            def __getitem__(self, name):
                return self.nameToNode[name]
            def __contains__(self, name):
                return name in self.nameToNode
            def __iter__(self):
                return iter(list(self.nameToNode))
            def __len__(self):
                return len(self.nameToNode)
            def keys(self):
                return list(self.nameToNode)
            def values(self):
                return list(self.nameToNode.values())
            def items(self):
                return list(self.nameToNode.items())
            def ping(self, hosts=None, timeout=None):
                return float(_call('ping', timeout or '', *[str(h) for h in hosts or []]))
            def pingAll(self, timeout=None):
                return self.ping(timeout=timeout)
            def pingPair(self):
                return self.ping(hosts=self.hosts[:2])
            def pingAllFull(self):
                return _call('pingFull')
            def iperf(self, hosts=None, l4Type='TCP', udpBw='10M', fmt=None, seconds=5, port=5001):
                hosts = hosts or [self.hosts[0], self.hosts[-1]]
                return _call('iperf', hosts[0], hosts[1], l4Type, udpBw, seconds)
            def configLinkStatus(self, src, dst, status):
                _call('link', src, dst, status)
            def linksBetween(self, a, b):
                return a.connectionsTo(b)
            def waitConnected(self, *_args, **_kw):
                return True
            def start(self):
                pass
            def stop(self):
                pass

        def _serve():
            _install()
            description = json.loads(_replies.readline())
            net = Net(description)
            names = dict(net.nameToNode, net=net)
            found = None
            for line in iter(_replies.readline, ''):
                task = json.loads(line)
                text = None
                try:
                    if task['kind'] == 'eval':
                        value = eval(task['source'], names, names)
                        if value:
                            text = value if isinstance(value, str) else repr(value)
                            text += '\n'
                    elif task['kind'] == 'exec':
                        exec(task['source'], names, names)
                    else:
                        if found is None:
                            found = _load(task['files'])
                        name, args, kwargs = _split(task['source'])
                        test = dict(found.get('testnames', {}), **found.get('tests', {})).get(name)
                        if callable(test):
                            test(net, *args, **kwargs)
                        else:
                            getattr(net, name)(*args, **kwargs)
                except KeyboardInterrupt:
                    text = '\nInterrupt\n'
                except SystemExit:
                    pass
                except BaseException as problem:
                    text = '%s\n' % problem
                sys.stdout.flush()
                _send(dict(done=text or ''))

        _serve()
        """#
}
