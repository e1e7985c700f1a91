//! One file per S3 operation. Each takes the request as `s3s` parsed it, the caller whom the access
//! rule let through, asks the store, and answers.

mod abort_multipart_upload;
mod complete_multipart_upload;
mod copy_object;
mod create_bucket;
mod create_multipart_upload;
mod delete_bucket;
mod delete_bucket_cors;
mod delete_bucket_encryption;
mod delete_bucket_lifecycle;
mod delete_bucket_ownership_controls;
mod delete_bucket_policy;
mod delete_bucket_tagging;
mod delete_object;
mod delete_object_tagging;
mod delete_objects;
mod delete_public_access_block;
mod expiration;
mod get_bucket_accelerate_configuration;
mod get_bucket_acl;
mod get_bucket_cors;
mod get_bucket_encryption;
mod get_bucket_lifecycle_configuration;
mod get_bucket_location;
mod get_bucket_logging;
mod get_bucket_notification_configuration;
mod get_bucket_ownership_controls;
mod get_bucket_policy;
mod get_bucket_policy_status;
mod get_bucket_replication;
mod get_bucket_request_payment;
mod get_bucket_tagging;
mod get_bucket_versioning;
mod get_bucket_website;
mod get_object;
mod get_object_acl;
mod get_object_attributes;
mod get_object_legal_hold;
mod get_object_lock_configuration;
mod get_object_retention;
mod get_object_tagging;
mod get_public_access_block;
mod head_bucket;
mod head_object;
mod list_bucket_analytics_configurations;
mod list_bucket_intelligent_tiering_configurations;
mod list_bucket_inventory_configurations;
mod list_bucket_metrics_configurations;
mod list_buckets;
mod list_multipart_uploads;
mod list_object_versions;
mod list_objects;
mod list_objects_v2;
mod list_parts;
mod listing;
mod lists;
mod put_bucket_accelerate_configuration;
mod put_bucket_acl;
mod put_bucket_cors;
mod put_bucket_encryption;
mod put_bucket_lifecycle_configuration;
mod put_bucket_ownership_controls;
mod put_bucket_policy;
mod put_bucket_request_payment;
mod put_bucket_tagging;
mod put_bucket_versioning;
mod put_object;
mod put_object_acl;
mod put_object_legal_hold;
mod put_object_lock_configuration;
mod put_object_retention;
mod put_object_tagging;
mod put_public_access_block;
mod restore_object;
mod upload_part;
mod upload_part_copy;
mod verified;

use std::sync::Arc;

use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::{BucketSetting, Configured};
use azekura_model::ident::TenantId;
use azekura_model::name::BucketName;
use azekura_store::bucket::Bucket;
use azekura_store::store::Store;
use s3s::dto::{Owner, ServerSideEncryption, TransitionDefaultMinimumObjectSize};
use s3s::{S3Response, S3Result};

use crate::auth::Caller;
use crate::convert::{names, owner};
use crate::errors;
use crate::service::GatewayConfig;

pub(crate) use self::{
    abort_multipart_upload::abort_multipart_upload,
    complete_multipart_upload::complete_multipart_upload, copy_object::copy_object,
    create_bucket::create_bucket, create_multipart_upload::create_multipart_upload,
    delete_bucket::delete_bucket, delete_bucket_cors::delete_bucket_cors,
    delete_bucket_encryption::delete_bucket_encryption,
    delete_bucket_lifecycle::delete_bucket_lifecycle,
    delete_bucket_ownership_controls::delete_bucket_ownership_controls,
    delete_bucket_policy::delete_bucket_policy, delete_bucket_tagging::delete_bucket_tagging,
    delete_object::delete_object, delete_object_tagging::delete_object_tagging,
    delete_objects::delete_objects, delete_public_access_block::delete_public_access_block,
    get_bucket_accelerate_configuration::get_bucket_accelerate_configuration,
    get_bucket_acl::get_bucket_acl, get_bucket_cors::get_bucket_cors,
    get_bucket_encryption::get_bucket_encryption,
    get_bucket_lifecycle_configuration::get_bucket_lifecycle_configuration,
    get_bucket_location::get_bucket_location, get_bucket_logging::get_bucket_logging,
    get_bucket_notification_configuration::get_bucket_notification_configuration,
    get_bucket_ownership_controls::get_bucket_ownership_controls,
    get_bucket_policy::get_bucket_policy, get_bucket_policy_status::get_bucket_policy_status,
    get_bucket_replication::get_bucket_replication,
    get_bucket_request_payment::get_bucket_request_payment, get_bucket_tagging::get_bucket_tagging,
    get_bucket_versioning::get_bucket_versioning, get_bucket_website::get_bucket_website,
    get_object::get_object, get_object_acl::get_object_acl,
    get_object_attributes::get_object_attributes, get_object_legal_hold::get_object_legal_hold,
    get_object_lock_configuration::get_object_lock_configuration,
    get_object_retention::get_object_retention, get_object_tagging::get_object_tagging,
    get_public_access_block::get_public_access_block, head_bucket::head_bucket,
    head_object::head_object,
    list_bucket_analytics_configurations::list_bucket_analytics_configurations,
    list_bucket_intelligent_tiering_configurations::list_bucket_intelligent_tiering_configurations,
    list_bucket_inventory_configurations::list_bucket_inventory_configurations,
    list_bucket_metrics_configurations::list_bucket_metrics_configurations,
    list_buckets::list_buckets, list_multipart_uploads::list_multipart_uploads,
    list_object_versions::list_object_versions, list_objects::list_objects,
    list_objects_v2::list_objects_v2, list_parts::list_parts,
    put_bucket_accelerate_configuration::put_bucket_accelerate_configuration,
    put_bucket_acl::put_bucket_acl, put_bucket_cors::put_bucket_cors,
    put_bucket_encryption::put_bucket_encryption,
    put_bucket_lifecycle_configuration::put_bucket_lifecycle_configuration,
    put_bucket_ownership_controls::put_bucket_ownership_controls,
    put_bucket_policy::put_bucket_policy, put_bucket_request_payment::put_bucket_request_payment,
    put_bucket_tagging::put_bucket_tagging, put_bucket_versioning::put_bucket_versioning,
    put_object::put_object, put_object_acl::put_object_acl,
    put_object_legal_hold::put_object_legal_hold,
    put_object_lock_configuration::put_object_lock_configuration,
    put_object_retention::put_object_retention, put_object_tagging::put_object_tagging,
    put_public_access_block::put_public_access_block, restore_object::restore_object,
    upload_part::upload_part, upload_part_copy::upload_part_copy,
};

/// What every operation works with.
pub(crate) struct Context {
    pub(crate) store: Arc<Store>,
    /// Region shown as location.
    pub(crate) region: String,
    /// Names taken as a location constraint: the region and its aliases.
    pub(crate) locations: Vec<String>,
}

impl Context {
    pub(crate) fn new(store: Arc<Store>, config: &GatewayConfig) -> Self {
        let mut locations = vec![config.region.clone()];
        locations.extend(config.aliases.iter().cloned());
        Self {
            store,
            region: config.region.clone(),
            locations,
        }
    }

    /// The bucket named in a request.
    fn bucket(&self, name: &str) -> S3Result<Bucket> {
        let name = names::bucket(name)?;
        self.store.bucket(&name).map_err(errors::from_store)
    }

    /// A tenant as owner.
    fn owner(&self, tenant: TenantId) -> S3Result<Owner> {
        let name = self.store.tenant_name(tenant).map_err(errors::from_store)?;
        Ok(owner::owner(tenant, name))
    }

    /// The tenant of a bucket as owner.
    fn owner_of(&self, bucket: &str) -> S3Result<Owner> {
        self.owner(self.bucket(bucket)?.tenant)
    }

    /// Where a sub-resource of a bucket stands.
    fn setting<T: BucketSetting>(&self, bucket: &str) -> S3Result<Configured<T>> {
        let name = names::bucket(bucket)?;
        self.store.bucket_setting(&name).map_err(errors::from_store)
    }

    /// Sets a sub-resource of a bucket, whole.
    async fn configure<T: BucketSetting>(
        &self,
        caller: &Caller,
        bucket: &str,
        setting: T,
    ) -> S3Result<()> {
        let name = names::bucket(bucket)?;
        let done = self
            .store
            .configure_bucket(caller.authorized(), &name, setting);
        done.await.map_err(errors::from_store)
    }

    /// Clears a sub-resource of a bucket.
    async fn clear<T: BucketSetting>(&self, caller: &Caller, bucket: &str) -> S3Result<()> {
        let name = names::bucket(bucket)?;
        let done = self
            .store
            .clear_bucket_setting::<T>(caller.authorized(), &name);
        done.await.map_err(errors::from_store)
    }

    /// Versioning of a bucket, for what an answer shows.
    fn versioning(&self, name: &BucketName) -> S3Result<Versioning> {
        let bucket = self.store.bucket(name).map_err(errors::from_store)?;
        Ok(bucket.versioning)
    }
}

/// An answer of an operation.
type Answer<T> = S3Result<S3Response<T>>;

fn answer<T>(output: T) -> Answer<T> {
    Ok(S3Response::new(output))
}

/// How content is sealed, by the name that S3 has for AES-256 with keys of the server.
fn sealed() -> ServerSideEncryption {
    ServerSideEncryption::from_static(ServerSideEncryption::AES256)
}

/// Below this length S3 moves nothing to another storage class. Nothing is moved here.
fn minimum_of_transitions() -> TransitionDefaultMinimumObjectSize {
    TransitionDefaultMinimumObjectSize::from_static(
        TransitionDefaultMinimumObjectSize::ALL_STORAGE_CLASSES_128K,
    )
}

/// A length as `s3s` carries it.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
