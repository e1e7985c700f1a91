//! s3fs-fuse of Debian: a bucket as a folder.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use super::{Setting, finish, prepare, text};
use crate::report::Outcome;
use crate::server::{ACCESS_KEY, SECRET_KEY};
use crate::{Bench, Failure, clock, content, tools, tree};

/// Above s3fs's limit for an upload in parts, which is 20 MiB.
const LARGE: usize = 48 * 1024 * 1024;

/// Write, read, rename, append, truncate, a change in the middle, folders, a large file; then
/// everything again through a new mount and through aws-cli.
pub(crate) fn a_mounted_bucket(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("s3fs") {
        return Ok(Outcome::Skipped("s3fs is not installed".to_owned()));
    }
    let device = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/fuse");
    if let Err(error) = device {
        return Ok(Outcome::Skipped(format!("/dev/fuse: {error}")));
    }
    let setting = prepare(bench, "s3fs", bench.number(60, 600))?;
    let aws = |arguments: &[&str]| {
        let mut command = bench.tools.client("aws", &setting.server);
        tools::run(command.args(arguments).arg("--only-show-errors"))
    };
    tools::run(
        bench
            .tools
            .client("aws", &setting.server)
            .args(["s3", "mb", "s3://s3fs"]),
    )?;
    let Some(mount) = Mount::start(bench, &setting)? else {
        return Ok(Outcome::Skipped(
            "this user or this container may not mount with FUSE".to_owned(),
        ));
    };
    copy_tree(&setting.source, &mount.folder.join("t"))?;
    tree::compare(&setting.source, &mount.folder.join("t"))?;
    work(&setting.source, &mount.folder.join("t"))?;
    tree::compare(&setting.source, &mount.folder.join("t"))?;
    mount.end()?;
    let mount = Mount::start(bench, &setting)?.ok_or("the second mount was not allowed")?;
    tree::compare(&setting.source, &mount.folder.join("t"))?;
    mount.end()?;
    aws(&["s3", "sync", "s3://s3fs/t", &text(&setting.restored)])?;
    let compared = tree::compare(&setting.source, &setting.restored)?;
    finish(setting, compared)
}

/// The same steps in the plain folder and in the mounted one.
fn work(plain: &Path, mounted: &Path) -> Result<(), Failure> {
    for root in [plain, mounted] {
        fs::create_dir_all(root.join("作業/下書き"))?;
        let file = root.join("作業/下書き/所見.txt");
        fs::write(&file, "所見なし\n")?;
        fs::OpenOptions::new()
            .append(true)
            .open(&file)?
            .write_all("追記\n".as_bytes())?;
        fs::rename(&file, root.join("作業/所見.txt"))?;
        fs::remove_dir(root.join("作業/下書き"))?;
        fs::rename(root.join("作業"), root.join("完了"))?;
        fs::write(root.join("shorter"), content::make(1, 200_000))?;
        fs::OpenOptions::new()
            .write(true)
            .open(root.join("shorter"))?
            .set_len(70_000)?;
        fs::write(root.join("longer"), content::make(2, 1_000))?;
        fs::OpenOptions::new()
            .write(true)
            .open(root.join("longer"))?
            .set_len(3_000)?;
        fs::write(root.join("large"), content::make(3, LARGE))?;
        let mut large = fs::OpenOptions::new()
            .write(true)
            .open(root.join("large"))?;
        large.seek(SeekFrom::Start(30_000_001))?;
        large.write_all(b"changed in the middle")?;
        drop(large);
        fs::write(root.join("empty"), "")?;
        fs::write(root.join("gone"), "soon")?;
        fs::remove_file(root.join("gone"))?;
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), Failure> {
    for (name, path) in tree::files(from)? {
        let copy = to.join(name);
        fs::create_dir_all(copy.parent().ok_or("a file without a folder")?)?;
        fs::copy(path, copy)?;
    }
    Ok(())
}

/// A mounted bucket; unmounted when dropped.
struct Mount {
    child: Child,
    folder: PathBuf,
}

impl Mount {
    /// Mounts, or answers that mounting is not allowed here.
    fn start(bench: &Bench, setting: &Setting) -> Result<Option<Self>, Failure> {
        let folder = setting.restored.with_file_name("mount");
        fs::create_dir_all(&folder)?;
        let keys = setting.restored.with_file_name("passwd-s3fs");
        fs::write(&keys, format!("{ACCESS_KEY}:{SECRET_KEY}\n"))?;
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o600))?;
        let log = setting.restored.with_file_name("s3fs.log");
        let said = fs::File::create(&log)?;
        let child = bench
            .tools
            .client("s3fs", &setting.server)
            .arg("s3fs")
            .arg(&folder)
            .arg("-f")
            .args(["-o", &format!("url={}", setting.server.s3)])
            .args(["-o", &format!("passwd_file={}", text(&keys))])
            .args(["-o", "use_path_request_style,sigv4,endpoint=us-east-1"])
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()?;
        let mut mount = Self { child, folder };
        let mounted = clock::wait_for(Duration::from_secs(20), || {
            if mount.child.try_wait().ok()?.is_some() {
                return Some(false);
            }
            mount.is_mounted().then_some(true)
        });
        if mounted == Some(true) {
            return Ok(Some(mount));
        }
        let said = fs::read_to_string(&log)?;
        if said.contains("not permitted") || said.contains("Permission denied") {
            return Ok(None);
        }
        Err(format!("s3fs did not mount: {said}").into())
    }

    fn is_mounted(&self) -> bool {
        let table = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let folder = text(&self.folder);
        table
            .lines()
            .any(|line| line.split(' ').nth(1) == Some(folder.as_str()))
    }

    /// Unmounts; all that was written is stored then.
    fn end(mut self) -> Result<(), Failure> {
        self.unmount(&[]);
        clock::wait_for(Duration::from_secs(30), || self.child.try_wait().ok()?)
            .ok_or("s3fs did not end after its folder was unmounted")?;
        Ok(())
    }

    /// Root has `umount`, everybody has `fusermount`.
    fn unmount(&self, options: &[&str]) {
        for (program, own) in [("fusermount", "-u"), ("umount", "--")] {
            let mut command = std::process::Command::new(program);
            let done = command
                .args(options)
                .arg(own)
                .arg(&self.folder)
                .stderr(Stdio::null());
            if self.is_mounted() && done.status().is_ok() {}
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if self.is_mounted() {
            self.unmount(&["-z"]);
        }
        if self.child.kill().is_ok() && self.child.wait().is_ok() {}
    }
}
