//! The `azekura` binary: hands `serve` to the server and every other command to the command line.

use std::process::ExitCode;

use azekura_cli::args::{Cli, Command, LogFormatArg, ServeArgs};
use azekura_server::config::{LogFormat, Overrides};
use clap::Parser as _;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("azekura")
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("azekura: cannot start threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => azekura_server::serve(overrides(*args)).await.code(),
            _ => azekura_cli::run(cli).await.code(),
        }
    });
    // Threads that still read a disk must not hold up the end.
    runtime.shutdown_background();
    ExitCode::from(code)
}

fn overrides(args: ServeArgs) -> Overrides {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    Overrides {
        config: args.config,
        data_dir: args.data_dir,
        journal_dir: args.journal_dir,
        index_dir: args.index_dir,
        blob_dirs: args.blob_dirs,
        space_floor: args.space_floor,
        region: args.region,
        s3_addr: args.s3_addr,
        admin_addr: args.admin_addr,
        log_format: args.log_format.map(|format| match format {
            LogFormatArg::Text => LogFormat::Text,
            LogFormatArg::Json => LogFormat::Json,
        }),
        log_filter: args.log.or_else(|| env("RUST_LOG")),
        otlp_endpoint: args.otlp_endpoint,
        passphrase_file: args.passphrase_file,
        accept_plaintext: args.i_accept_unencrypted_http_beyond_loopback,
        accept_public_buckets: args.i_accept_public_buckets,
        root_key_id: env("AZEKURA_ROOT_ACCESS_KEY_ID"),
        root_secret: env("AZEKURA_ROOT_SECRET_ACCESS_KEY"),
    }
}
