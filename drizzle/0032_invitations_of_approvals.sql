ALTER TABLE "invitations" ADD COLUMN "registration_id" uuid;
