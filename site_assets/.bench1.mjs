import fs from 'fs';
const {KernelGraph}=await import('/tmp/wt/engine/site_assets/engine/kernel_graph.ts');
const {Sessions}=await import('/tmp/wt/engine/site_assets/engine/ort_sessions.ts');
const ort=await import("onnxruntime-web/wasm");
const wasm=fs.readFileSync('/tmp/wt/engine/site_assets/node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm');
const S=new Sessions(ort,wasm); const mod=new WebAssembly.Module(fs.readFileSync(process.env.K??'/tmp/kernels.wasm'));
const med=a=>Math.min(...a);
let seed=1; const rnd=()=>{seed=(seed*1103515245+12345)&0x7fffffff;return seed/0x7fffffff};
const models='/tmp/wt/engine/build/models';
for(const name of process.argv[2].split(',')){ for(const n of (process.argv[3]??'1').split(',').map(Number)){
  const g=new KernelGraph(mod,new Uint8Array(fs.readFileSync('/tmp/plans/'+name.replace('/','_')+'.plan')));
  await S.load(name,new Uint8Array(fs.readFileSync(`${models}/${name}.onnx`)));
  const k=25; const feeds={};
  for(const p of g.plan.inputs){const dims=p.dims.map(([c,a,b])=>c+a*n+b*k);const size=dims.reduce((a,b)=>a*b,1);
    let f=()=>rnd()-.5; if(p.name==='lr')f=()=>1e-3; if(p.name==='adam_eps')f=()=>1e-8; if(p.name==='beta')f=()=>1; if(p.name.startsWith('adam_')&&size>1||p.name==='step')f=()=>0; if(p.name==='params')f=()=>.3*(rnd()-.5);
    feeds[p.name]={dims,data:p.dtype==='int32'?new Int32Array(size).map(()=>Math.floor(rnd()*Math.min(n,10))):new Float32Array(size).map(f)}}
  const a=g.run(feeds), b=await S.run(name,feeds); let worst=0; for(const o in b){ if(String(a[o].dims)!==String(b[o].dims)) console.log('DIMS',o,a[o].dims,b[o].dims); for(let i=0;i<b[o].data.length;i++){const d=Math.abs(a[o].data[i]-b[o].data[i])/Math.max(1,Math.abs(b[o].data[i])); if(!(d<=worst))worst=d}}
  const subj={ort:()=>S.run(name,feeds),ker:()=>g.run(feeds)}; const t={ort:[],ker:[]};
  for(const q in subj){const s=performance.now();while(performance.now()-s<150)await subj[q]()}
  for(let r=0;r<12;r++)for(const q in subj){let c=0;const s=performance.now();let e;do{await subj[q]();c++;e=performance.now()-s}while(e<40);t[q].push(e/c)}
  const per=g.plan.loop?k:1;
  console.log(name.padEnd(28),'n',n,'diff',worst.toExponential(1),'ort',(1000*med(t.ort)/per).toFixed(1),'us ker',(1000*med(t.ker)/per).toFixed(1),'us ratio',(med(t.ort)/med(t.ker)).toFixed(2));
}}
