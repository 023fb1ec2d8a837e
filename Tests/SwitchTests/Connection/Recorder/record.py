# Records what Open vSwitch's user-space connection tracker makes of packets: a private ovs-vswitchd with dummy devices.
#     python3 record.py > recording.txt       (needs Debian's openvswitch-switch; the text of ConnectionRecording.swift)
import re,subprocess,sys,os,struct,time
import tempfile,shutil
D=tempfile.mkdtemp(prefix='ct-record.')
def sh(*a,check=True):
    r=subprocess.run(a,capture_output=True,text=True)
    if check and r.returncode: raise SystemExit(f"{a}: {r.stderr}")
    return r.stdout
def app(*a): return sh('ovs-appctl','-t',D+'/vswitchd.ctl',*a)
def vs(*a): return sh('ovs-vsctl','--db=unix:'+D+'/db.sock',*a)
def start():
    os.makedirs(D,exist_ok=True)
    for f in os.listdir(D): os.remove(D+'/'+f)
    env=dict(os.environ,OVS_RUNDIR=D,OVS_LOGDIR=D,OVS_DBDIR=D)
    subprocess.run(['ovsdb-tool','create',D+'/conf.db','/usr/share/openvswitch/vswitch.ovsschema'],check=True,env=env)
    subprocess.run(['ovsdb-server',D+'/conf.db','--remote=punix:'+D+'/db.sock','--unixctl='+D+'/ovsdb.ctl','--pidfile='+D+'/ovsdb.pid','--log-file='+D+'/o.log','--detach','--no-chdir','-vconsole:off'],check=True,env=env)
    vs('--no-wait','init')
    subprocess.run(['ovs-vswitchd','unix:'+D+'/db.sock','--enable-dummy=override','--disable-system','--unixctl='+D+'/vswitchd.ctl','--pidfile='+D+'/vswitchd.pid','--log-file='+D+'/v.log','--detach','--no-chdir','-vconsole:off'],check=True,env=env)
    vs('add-br','br0','--','set','bridge','br0','datapath-type=dummy','fail-mode=secure')
    vs('set','open_vswitch','.','other_config:flow-limit=0')
    for p in (1,2):
        vs('add-port','br0',f'p{p}','--','set','interface',f'p{p}','type=dummy',f'ofport_request={p}',f'options:tx_pcap={D}/p{p}.pcap')
def stop():
    for n in ('vswitchd','ovsdb'):
        try: os.kill(int(open(f'{D}/{n}.pid').read()),15)
        except Exception as e: print(e,file=sys.stderr)
pos={1:24,2:24}
def outs():
    r=[]
    for p in (1,2):
        try: b=open(f'{D}/p{p}.pcap','rb').read()
        except FileNotFoundError: continue
        while pos[p]+16<=len(b):
            n=struct.unpack('<I',b[pos[p]+8:pos[p]+12])[0]
            if pos[p]+16+n>len(b): break
            r.append((p,b[pos[p]+16:pos[p]+16+n])); pos[p]+=16+n
    return r
def run(name,req,steps,out):
    sh('ovs-ofctl','del-flows',f'unix:{D}/br0.mgmt')
    app('dpctl/flush-conntrack'); app('revalidator/wait')
    flows=[]
    for p in (1,2):
        for fam in (4,6):
            m=re.search(r'nat\((?:src|dst)=([^)]*)\)',req[p])
            if m and (':' in m.group(1).split(':')[0]+'' or m.group(1).count(':')>1)!=(fam==6): continue
            for proto in ('tcp','udp','icmp','ip'):
                r=req[p]
                if proto!='tcp': r=r.replace('alg=ftp,','').replace(',alg=ftp','').replace('alg=ftp','')
                if proto!='udp': r=r.replace('alg=tftp,','').replace(',alg=tftp','').replace('alg=tftp','')
                match={4:proto,6:proto+'6' if proto!='ip' else 'ipv6'}[fam]
                flows.append(f'table=0,priority={1 if proto=="ip" else 2},in_port={p},{match},actions=ct({r}{"," if r else ""}table=1)')
        mv='move:NXM_NX_CT_STATE[]->NXM_OF_ETH_SRC[0..31],move:NXM_NX_CT_MARK[]->NXM_OF_ETH_DST[0..31]'
        flows.append(f'table=1,in_port={p},actions={mv},output:{3-p}')
    open(D+'/flows','w').write('\n'.join(flows)+'\n')
    sh('ovs-ofctl','-O','OpenFlow14','add-flows',f'unix:{D}/br0.mgmt',D+'/flows')
    app('revalidator/purge')
    out.write(f'script {name}\nrequest 1 {req[1]}\nrequest 2 {req[2]}\n')
    outs(); before=None
    for s in steps:
        if s[0]=='warp':
            app('time/warp',str(s[1]),str(s[1])); out.write(f'warp {s[1]}\n'); continue
        if s[0]=='dump': pass
        else:
            port,frame=s
            out.write(f'in {port} {frame.hex()}\n')
            app('netdev-dummy/receive',f'p{port}',frame.hex())
            got=[]
            for _ in range(40):
                got=outs()
                if got: break
                time.sleep(0.01)
            for (p,b) in got: out.write(f'out {p} {b.hex()}\n')
            if not got: out.write('out none\n')
        lines=sorted(l for l in app('dpctl/dump-conntrack','-m').splitlines() if l)
        if lines==before: out.write('same\n'); continue
        before=lines
        for l in lines: out.write(f'dump {l}\n')
        out.write('end\n')

if __name__=='__main__':
    import scripts
    start()
    try:
        app('time/stop')
        for name,requests,steps in scripts.S: run(name,requests,steps,sys.stdout)
    finally:
        stop(); time.sleep(0.5); shutil.rmtree(D,ignore_errors=True)
