-- A refresh token whose answer never arrived is replaced, not used; and a second factor that is being set up replaces none.
ALTER TABLE "refresh_token" ADD COLUMN     "replaced_at" TIMESTAMPTZ(6);
ALTER TABLE "user_credential" ADD COLUMN     "totp_pending" TEXT;

-- Of a session, one token at most can be exchanged.
CREATE UNIQUE INDEX refresh_token_one_live ON refresh_token (session_id) WHERE used_at IS NULL AND replaced_at IS NULL;
