//! The operations that are served, one line each. All others answer `NotImplemented` by name: the
//! access check refuses them before they are read.

use std::sync::Arc;

use async_trait::async_trait;
use s3s::{S3, S3Request as In, S3Response, S3Result, dto};

use crate::ops::{self, Context};

type Out<T> = S3Result<S3Response<T>>;

/// S3 over one store.
pub(crate) struct Operations(Arc<Context>);

impl Operations {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }
}

#[async_trait]
impl S3 for Operations {
    async fn abort_multipart_upload(
        &self,
        request: In<dto::AbortMultipartUploadInput>,
    ) -> Out<dto::AbortMultipartUploadOutput> {
        ops::abort_multipart_upload(&self.0, request).await
    }

    async fn complete_multipart_upload(
        &self,
        request: In<dto::CompleteMultipartUploadInput>,
    ) -> Out<dto::CompleteMultipartUploadOutput> {
        ops::complete_multipart_upload(&self.0, request).await
    }

    async fn copy_object(&self, request: In<dto::CopyObjectInput>) -> Out<dto::CopyObjectOutput> {
        ops::copy_object(&self.0, request).await
    }

    async fn create_bucket(
        &self,
        request: In<dto::CreateBucketInput>,
    ) -> Out<dto::CreateBucketOutput> {
        ops::create_bucket(&self.0, request).await
    }

    async fn create_multipart_upload(
        &self,
        request: In<dto::CreateMultipartUploadInput>,
    ) -> Out<dto::CreateMultipartUploadOutput> {
        ops::create_multipart_upload(&self.0, request).await
    }

    async fn delete_bucket(
        &self,
        request: In<dto::DeleteBucketInput>,
    ) -> Out<dto::DeleteBucketOutput> {
        ops::delete_bucket(&self.0, request).await
    }

    async fn delete_bucket_cors(
        &self,
        request: In<dto::DeleteBucketCorsInput>,
    ) -> Out<dto::DeleteBucketCorsOutput> {
        ops::delete_bucket_cors(&self.0, request).await
    }

    async fn delete_bucket_encryption(
        &self,
        request: In<dto::DeleteBucketEncryptionInput>,
    ) -> Out<dto::DeleteBucketEncryptionOutput> {
        ops::delete_bucket_encryption(&self.0, request).await
    }

    async fn delete_bucket_lifecycle(
        &self,
        request: In<dto::DeleteBucketLifecycleInput>,
    ) -> Out<dto::DeleteBucketLifecycleOutput> {
        ops::delete_bucket_lifecycle(&self.0, request).await
    }

    async fn delete_bucket_ownership_controls(
        &self,
        request: In<dto::DeleteBucketOwnershipControlsInput>,
    ) -> Out<dto::DeleteBucketOwnershipControlsOutput> {
        ops::delete_bucket_ownership_controls(&self.0, request).await
    }

    async fn delete_bucket_policy(
        &self,
        request: In<dto::DeleteBucketPolicyInput>,
    ) -> Out<dto::DeleteBucketPolicyOutput> {
        ops::delete_bucket_policy(&self.0, request).await
    }

    async fn put_bucket_policy(
        &self,
        request: In<dto::PutBucketPolicyInput>,
    ) -> Out<dto::PutBucketPolicyOutput> {
        ops::put_bucket_policy(&self.0, request).await
    }

    async fn delete_bucket_tagging(
        &self,
        request: In<dto::DeleteBucketTaggingInput>,
    ) -> Out<dto::DeleteBucketTaggingOutput> {
        ops::delete_bucket_tagging(&self.0, request).await
    }

    async fn delete_object(
        &self,
        request: In<dto::DeleteObjectInput>,
    ) -> Out<dto::DeleteObjectOutput> {
        ops::delete_object(&self.0, request).await
    }

    async fn delete_object_tagging(
        &self,
        request: In<dto::DeleteObjectTaggingInput>,
    ) -> Out<dto::DeleteObjectTaggingOutput> {
        ops::delete_object_tagging(&self.0, request).await
    }

    async fn delete_objects(
        &self,
        request: In<dto::DeleteObjectsInput>,
    ) -> Out<dto::DeleteObjectsOutput> {
        ops::delete_objects(&self.0, request).await
    }

    async fn delete_public_access_block(
        &self,
        request: In<dto::DeletePublicAccessBlockInput>,
    ) -> Out<dto::DeletePublicAccessBlockOutput> {
        ops::delete_public_access_block(&self.0, request).await
    }

    async fn get_bucket_accelerate_configuration(
        &self,
        request: In<dto::GetBucketAccelerateConfigurationInput>,
    ) -> Out<dto::GetBucketAccelerateConfigurationOutput> {
        ops::get_bucket_accelerate_configuration(&self.0, &request)
    }

    async fn get_bucket_cors(
        &self,
        request: In<dto::GetBucketCorsInput>,
    ) -> Out<dto::GetBucketCorsOutput> {
        ops::get_bucket_cors(&self.0, &request)
    }

    async fn get_bucket_encryption(
        &self,
        request: In<dto::GetBucketEncryptionInput>,
    ) -> Out<dto::GetBucketEncryptionOutput> {
        ops::get_bucket_encryption(&self.0, &request)
    }

    async fn get_bucket_lifecycle_configuration(
        &self,
        request: In<dto::GetBucketLifecycleConfigurationInput>,
    ) -> Out<dto::GetBucketLifecycleConfigurationOutput> {
        ops::get_bucket_lifecycle_configuration(&self.0, &request)
    }

    async fn get_bucket_location(
        &self,
        request: In<dto::GetBucketLocationInput>,
    ) -> Out<dto::GetBucketLocationOutput> {
        ops::get_bucket_location(&self.0, &request)
    }

    async fn get_bucket_logging(
        &self,
        request: In<dto::GetBucketLoggingInput>,
    ) -> Out<dto::GetBucketLoggingOutput> {
        ops::get_bucket_logging(&self.0, &request)
    }

    async fn get_bucket_notification_configuration(
        &self,
        request: In<dto::GetBucketNotificationConfigurationInput>,
    ) -> Out<dto::GetBucketNotificationConfigurationOutput> {
        ops::get_bucket_notification_configuration(&self.0, &request)
    }

    async fn get_bucket_ownership_controls(
        &self,
        request: In<dto::GetBucketOwnershipControlsInput>,
    ) -> Out<dto::GetBucketOwnershipControlsOutput> {
        ops::get_bucket_ownership_controls(&self.0, &request)
    }

    async fn get_bucket_policy(
        &self,
        request: In<dto::GetBucketPolicyInput>,
    ) -> Out<dto::GetBucketPolicyOutput> {
        ops::get_bucket_policy(&self.0, &request)
    }

    async fn get_bucket_policy_status(
        &self,
        request: In<dto::GetBucketPolicyStatusInput>,
    ) -> Out<dto::GetBucketPolicyStatusOutput> {
        ops::get_bucket_policy_status(&self.0, &request)
    }

    async fn get_bucket_replication(
        &self,
        request: In<dto::GetBucketReplicationInput>,
    ) -> Out<dto::GetBucketReplicationOutput> {
        ops::get_bucket_replication(&self.0, &request)
    }

    async fn get_bucket_request_payment(
        &self,
        request: In<dto::GetBucketRequestPaymentInput>,
    ) -> Out<dto::GetBucketRequestPaymentOutput> {
        ops::get_bucket_request_payment(&self.0, &request)
    }

    async fn get_bucket_tagging(
        &self,
        request: In<dto::GetBucketTaggingInput>,
    ) -> Out<dto::GetBucketTaggingOutput> {
        ops::get_bucket_tagging(&self.0, &request)
    }

    async fn get_bucket_versioning(
        &self,
        request: In<dto::GetBucketVersioningInput>,
    ) -> Out<dto::GetBucketVersioningOutput> {
        ops::get_bucket_versioning(&self.0, &request)
    }

    async fn get_bucket_website(
        &self,
        request: In<dto::GetBucketWebsiteInput>,
    ) -> Out<dto::GetBucketWebsiteOutput> {
        ops::get_bucket_website(&self.0, &request)
    }

    async fn get_object(&self, request: In<dto::GetObjectInput>) -> Out<dto::GetObjectOutput> {
        ops::get_object(&self.0, request).await
    }

    async fn get_object_legal_hold(
        &self,
        request: In<dto::GetObjectLegalHoldInput>,
    ) -> Out<dto::GetObjectLegalHoldOutput> {
        ops::get_object_legal_hold(&self.0, &request)
    }

    async fn get_object_lock_configuration(
        &self,
        request: In<dto::GetObjectLockConfigurationInput>,
    ) -> Out<dto::GetObjectLockConfigurationOutput> {
        ops::get_object_lock_configuration(&self.0, &request)
    }

    async fn get_object_retention(
        &self,
        request: In<dto::GetObjectRetentionInput>,
    ) -> Out<dto::GetObjectRetentionOutput> {
        ops::get_object_retention(&self.0, &request)
    }

    async fn get_object_tagging(
        &self,
        request: In<dto::GetObjectTaggingInput>,
    ) -> Out<dto::GetObjectTaggingOutput> {
        ops::get_object_tagging(&self.0, request).await
    }

    async fn get_public_access_block(
        &self,
        request: In<dto::GetPublicAccessBlockInput>,
    ) -> Out<dto::GetPublicAccessBlockOutput> {
        ops::get_public_access_block(&self.0, &request)
    }

    async fn head_bucket(&self, request: In<dto::HeadBucketInput>) -> Out<dto::HeadBucketOutput> {
        ops::head_bucket(&self.0, &request)
    }

    async fn head_object(&self, request: In<dto::HeadObjectInput>) -> Out<dto::HeadObjectOutput> {
        ops::head_object(&self.0, request).await
    }

    async fn list_bucket_analytics_configurations(
        &self,
        request: In<dto::ListBucketAnalyticsConfigurationsInput>,
    ) -> Out<dto::ListBucketAnalyticsConfigurationsOutput> {
        ops::list_bucket_analytics_configurations(&self.0, &request)
    }

    async fn list_bucket_intelligent_tiering_configurations(
        &self,
        request: In<dto::ListBucketIntelligentTieringConfigurationsInput>,
    ) -> Out<dto::ListBucketIntelligentTieringConfigurationsOutput> {
        ops::list_bucket_intelligent_tiering_configurations(&self.0, &request)
    }

    async fn list_bucket_inventory_configurations(
        &self,
        request: In<dto::ListBucketInventoryConfigurationsInput>,
    ) -> Out<dto::ListBucketInventoryConfigurationsOutput> {
        ops::list_bucket_inventory_configurations(&self.0, &request)
    }

    async fn list_bucket_metrics_configurations(
        &self,
        request: In<dto::ListBucketMetricsConfigurationsInput>,
    ) -> Out<dto::ListBucketMetricsConfigurationsOutput> {
        ops::list_bucket_metrics_configurations(&self.0, &request)
    }

    async fn list_buckets(
        &self,
        request: In<dto::ListBucketsInput>,
    ) -> Out<dto::ListBucketsOutput> {
        ops::list_buckets(&self.0, &request)
    }

    async fn list_multipart_uploads(
        &self,
        request: In<dto::ListMultipartUploadsInput>,
    ) -> Out<dto::ListMultipartUploadsOutput> {
        ops::list_multipart_uploads(&self.0, &request)
    }

    async fn list_object_versions(
        &self,
        request: In<dto::ListObjectVersionsInput>,
    ) -> Out<dto::ListObjectVersionsOutput> {
        ops::list_object_versions(&self.0, &request)
    }

    async fn list_objects(
        &self,
        request: In<dto::ListObjectsInput>,
    ) -> Out<dto::ListObjectsOutput> {
        ops::list_objects(&self.0, &request)
    }

    async fn list_objects_v2(
        &self,
        request: In<dto::ListObjectsV2Input>,
    ) -> Out<dto::ListObjectsV2Output> {
        ops::list_objects_v2(&self.0, &request)
    }

    async fn list_parts(&self, request: In<dto::ListPartsInput>) -> Out<dto::ListPartsOutput> {
        ops::list_parts(&self.0, &request)
    }

    async fn put_bucket_accelerate_configuration(
        &self,
        request: In<dto::PutBucketAccelerateConfigurationInput>,
    ) -> Out<dto::PutBucketAccelerateConfigurationOutput> {
        ops::put_bucket_accelerate_configuration(&self.0, &request)
    }

    async fn put_bucket_cors(
        &self,
        request: In<dto::PutBucketCorsInput>,
    ) -> Out<dto::PutBucketCorsOutput> {
        ops::put_bucket_cors(&self.0, request).await
    }

    async fn put_bucket_encryption(
        &self,
        request: In<dto::PutBucketEncryptionInput>,
    ) -> Out<dto::PutBucketEncryptionOutput> {
        ops::put_bucket_encryption(&self.0, request).await
    }

    async fn put_bucket_lifecycle_configuration(
        &self,
        request: In<dto::PutBucketLifecycleConfigurationInput>,
    ) -> Out<dto::PutBucketLifecycleConfigurationOutput> {
        ops::put_bucket_lifecycle_configuration(&self.0, request).await
    }

    async fn put_bucket_ownership_controls(
        &self,
        request: In<dto::PutBucketOwnershipControlsInput>,
    ) -> Out<dto::PutBucketOwnershipControlsOutput> {
        ops::put_bucket_ownership_controls(&self.0, request).await
    }

    async fn put_bucket_request_payment(
        &self,
        request: In<dto::PutBucketRequestPaymentInput>,
    ) -> Out<dto::PutBucketRequestPaymentOutput> {
        ops::put_bucket_request_payment(&self.0, &request)
    }

    async fn put_bucket_tagging(
        &self,
        request: In<dto::PutBucketTaggingInput>,
    ) -> Out<dto::PutBucketTaggingOutput> {
        ops::put_bucket_tagging(&self.0, request).await
    }

    async fn put_bucket_versioning(
        &self,
        request: In<dto::PutBucketVersioningInput>,
    ) -> Out<dto::PutBucketVersioningOutput> {
        ops::put_bucket_versioning(&self.0, request).await
    }

    async fn put_object(&self, request: In<dto::PutObjectInput>) -> Out<dto::PutObjectOutput> {
        ops::put_object(&self.0, request).await
    }

    async fn put_object_legal_hold(
        &self,
        request: In<dto::PutObjectLegalHoldInput>,
    ) -> Out<dto::PutObjectLegalHoldOutput> {
        ops::put_object_legal_hold(&self.0, request).await
    }

    async fn put_object_lock_configuration(
        &self,
        request: In<dto::PutObjectLockConfigurationInput>,
    ) -> Out<dto::PutObjectLockConfigurationOutput> {
        ops::put_object_lock_configuration(&self.0, request).await
    }

    async fn put_object_retention(
        &self,
        request: In<dto::PutObjectRetentionInput>,
    ) -> Out<dto::PutObjectRetentionOutput> {
        ops::put_object_retention(&self.0, request).await
    }

    async fn put_object_tagging(
        &self,
        request: In<dto::PutObjectTaggingInput>,
    ) -> Out<dto::PutObjectTaggingOutput> {
        ops::put_object_tagging(&self.0, request).await
    }

    async fn put_public_access_block(
        &self,
        request: In<dto::PutPublicAccessBlockInput>,
    ) -> Out<dto::PutPublicAccessBlockOutput> {
        ops::put_public_access_block(&self.0, request).await
    }

    async fn upload_part(&self, request: In<dto::UploadPartInput>) -> Out<dto::UploadPartOutput> {
        ops::upload_part(&self.0, request).await
    }

    async fn upload_part_copy(
        &self,
        request: In<dto::UploadPartCopyInput>,
    ) -> Out<dto::UploadPartCopyOutput> {
        ops::upload_part_copy(&self.0, request).await
    }

    async fn get_bucket_acl(
        &self,
        request: In<dto::GetBucketAclInput>,
    ) -> Out<dto::GetBucketAclOutput> {
        ops::get_bucket_acl(&self.0, &request)
    }

    async fn get_object_acl(
        &self,
        request: In<dto::GetObjectAclInput>,
    ) -> Out<dto::GetObjectAclOutput> {
        ops::get_object_acl(&self.0, request).await
    }

    async fn get_object_attributes(
        &self,
        request: In<dto::GetObjectAttributesInput>,
    ) -> Out<dto::GetObjectAttributesOutput> {
        ops::get_object_attributes(&self.0, request).await
    }

    async fn put_bucket_acl(
        &self,
        request: In<dto::PutBucketAclInput>,
    ) -> Out<dto::PutBucketAclOutput> {
        ops::put_bucket_acl(&self.0, request).await
    }

    async fn put_object_acl(
        &self,
        request: In<dto::PutObjectAclInput>,
    ) -> Out<dto::PutObjectAclOutput> {
        ops::put_object_acl(&self.0, request).await
    }

    async fn restore_object(
        &self,
        request: In<dto::RestoreObjectInput>,
    ) -> Out<dto::RestoreObjectOutput> {
        ops::restore_object(&self.0, request).await
    }
}
