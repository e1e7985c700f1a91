use azekura_hospital::*;
fn main(){ let a:Vec<String>=std::env::args().collect(); let day=parse_day(&a[2]).unwrap(); let h=Hospital::new(1,a[3].parse().unwrap());
 let classes: Vec<Class> = if a.len()>4 { a[4].split(',').map(|c|c.parse().unwrap()).collect() } else { Class::ALL.to_vec() };
 for i in h.items(day,&classes){ let p=std::path::Path::new(&a[1]).join(i.key()); std::fs::create_dir_all(p.parent().unwrap()).unwrap(); let mut f=std::io::BufWriter::new(std::fs::File::create(p).unwrap()); i.write(&mut f).unwrap(); } }
