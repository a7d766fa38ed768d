PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('1');
CREATE TABLE journal (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    uuid TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- A daemon wrote here at this time, or could have.
    alive_at INTEGER NOT NULL,
    -- The newest event that retention removed, and its hash.
    pruned_place INTEGER NOT NULL DEFAULT 0,
    pruned_hash TEXT
);
INSERT INTO journal VALUES(1,'220ceda9-6972-46b6-a145-b846615a13c2',1795683956662,1795683958340,0,NULL);
CREATE TABLE run (
    number INTEGER PRIMARY KEY,
    run TEXT NOT NULL UNIQUE,
    started_at INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL DEFAULT 0
);
INSERT INTO run VALUES(1,'0006612a405da0a3',1795683956662,14);
CREATE TABLE event (
    place INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    type TEXT NOT NULL,
    session BLOB,
    user_id TEXT,
    body TEXT NOT NULL
);
INSERT INTO event VALUES(1099511627777,1795683957718,1795683957720,'login',X'd1a5ac9a015fac2ef7b341673635512a','0','{"specversion":"1.0","id":"0006612a405da0a3-0000000000000001","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.login","time":"2026-11-26T09:05:57.718Z","subject":"d1a5ac9a015fac2ef7b341673635512a","datacontenttype":"application/json","data":{"user_id":"0","backend":"django.contrib.auth.backends.ModelBackend","expires_at":"2026-12-10T09:05:58Z","cause":"created"},"previoushash":"26b907bf72aacfb410c9610227f67b7896f204ec765ab159976152e43c13f8cc"}');
INSERT INTO event VALUES(1099511627778,1795683957718,1795683957720,'user.online',NULL,'0','{"specversion":"1.0","id":"0006612a405da0a3-0000000000000002","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.user.online","time":"2026-11-26T09:05:57.718Z","datacontenttype":"application/json","data":{"user_id":"0"},"previoushash":"a0b557e5834ab5216e290da10dc1c044a2993d5a3cd69bbb3c0e6a5be6e27a91"}');
INSERT INTO event VALUES(1099511627779,1795683957718,1795683957720,'login',X'015f7e6bc5aeaf483724089e9252cc13','1','{"specversion":"1.0","id":"0006612a405da0a3-0000000000000003","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.login","time":"2026-11-26T09:05:57.718Z","subject":"015f7e6bc5aeaf483724089e9252cc13","datacontenttype":"application/json","data":{"user_id":"1","backend":"django.contrib.auth.backends.ModelBackend","expires_at":"2026-12-10T09:05:58Z","cause":"created"},"previoushash":"a61b398830d56a8fa9976751ebd2087287bcb591a5262b891606a1415934fed0"}');
INSERT INTO event VALUES(1099511627780,1795683957718,1795683957720,'user.online',NULL,'1','{"specversion":"1.0","id":"0006612a405da0a3-0000000000000004","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.user.online","time":"2026-11-26T09:05:57.718Z","datacontenttype":"application/json","data":{"user_id":"1"},"previoushash":"cac117e4f540b937fb283baaaf0b65b78114920a92d4ee0dc54167f0ef8981c6"}');
INSERT INTO event VALUES(1099511627781,1795683957718,1795683957720,'login',X'94091dd64a21ffe94214bc6d17deeb43','2','{"specversion":"1.0","id":"0006612a405da0a3-0000000000000005","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.login","time":"2026-11-26T09:05:57.718Z","subject":"94091dd64a21ffe94214bc6d17deeb43","datacontenttype":"application/json","data":{"user_id":"2","backend":"django.contrib.auth.backends.ModelBackend","expires_at":"2026-12-10T09:05:58Z","cause":"created"},"previoushash":"dd27396fb3f1e254ab634ebec56a948befe82587b51260f750cd63eebf904ef5"}');
INSERT INTO event VALUES(1099511627782,1795683957718,1795683957720,'user.online',NULL,'2','{"specversion":"1.0","id":"0006612a405da0a3-0000000000000006","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.user.online","time":"2026-11-26T09:05:57.718Z","datacontenttype":"application/json","data":{"user_id":"2"},"previoushash":"68635aedab294473e80d57128ed6e85e1e2a6e67f6a97f3d49e5658ba77d99b3"}');
INSERT INTO event VALUES(1099511627783,1795683957718,1795683957968,'login',X'6ab9f1eb8f7d3388f4f9d586f66e99fd','0','{"specversion":"1.0","id":"0006612a405da0a3-0000000000000007","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.login","time":"2026-11-26T09:05:57.718Z","subject":"6ab9f1eb8f7d3388f4f9d586f66e99fd","datacontenttype":"application/json","data":{"user_id":"0","backend":"django.contrib.auth.backends.ModelBackend","expires_at":"2026-12-10T09:05:58Z","cause":"created"},"previoushash":"c712605d78259fb4c4fb192be51b917638ae5fdf6fef45a467a98f2ae201309e"}');
INSERT INTO event VALUES(1099511627784,1795683957718,1795683957968,'login',X'2f5052c9fd15b19a18c584d013635681','1','{"specversion":"1.0","id":"0006612a405da0a3-0000000000000008","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.login","time":"2026-11-26T09:05:57.718Z","subject":"2f5052c9fd15b19a18c584d013635681","datacontenttype":"application/json","data":{"user_id":"1","backend":"django.contrib.auth.backends.ModelBackend","expires_at":"2026-12-10T09:05:58Z","cause":"created"},"previoushash":"df03d693f14f422cbf562732f3cfa5794c0849749b90abb874036cbf11e9c54c"}');
INSERT INTO event VALUES(1099511627785,1795683957718,1795683957968,'login',X'88dbf612972c594a2c2f6dde493ef1c4','2','{"specversion":"1.0","id":"0006612a405da0a3-0000000000000009","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.login","time":"2026-11-26T09:05:57.718Z","subject":"88dbf612972c594a2c2f6dde493ef1c4","datacontenttype":"application/json","data":{"user_id":"2","backend":"django.contrib.auth.backends.ModelBackend","expires_at":"2026-12-10T09:05:58Z","cause":"created"},"previoushash":"c558ce44c0b283576bb2caac67521e890626a77915ff777663d13c24da9555c0"}');
INSERT INTO event VALUES(1099511627786,1795683958030,1795683958031,'logout',X'd1a5ac9a015fac2ef7b341673635512a','0','{"specversion":"1.0","id":"0006612a405da0a3-000000000000000a","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.logout","time":"2026-11-26T09:05:58.030Z","subject":"d1a5ac9a015fac2ef7b341673635512a","datacontenttype":"application/json","data":{"user_id":"0","backend":"django.contrib.auth.backends.ModelBackend","login_id":"0006612a405da0a3-0000000000000001","reason":"deleted"},"previoushash":"ea4e1d847398261b39dbec041677712ab22fef39550af2a083040e08abf2c87b"}');
INSERT INTO event VALUES(1099511627787,1795683958030,1795683958031,'logout',X'6ab9f1eb8f7d3388f4f9d586f66e99fd','0','{"specversion":"1.0","id":"0006612a405da0a3-000000000000000b","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.logout","time":"2026-11-26T09:05:58.030Z","subject":"6ab9f1eb8f7d3388f4f9d586f66e99fd","datacontenttype":"application/json","data":{"user_id":"0","backend":"django.contrib.auth.backends.ModelBackend","login_id":"0006612a405da0a3-0000000000000007","reason":"deleted"},"previoushash":"7990fb123b6e9a95938cb5fbe90fa0b2f00b8f6b4e379fa94c6bf2135e766d86"}');
INSERT INTO event VALUES(1099511627788,1795683958030,1795683958031,'user.offline',NULL,'0','{"specversion":"1.0","id":"0006612a405da0a3-000000000000000c","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.user.offline","time":"2026-11-26T09:05:58.030Z","datacontenttype":"application/json","data":{"user_id":"0"},"previoushash":"34f505f235ad55ddb3becfbc292ddd8434fb062a5c91d42700d9684a030ab7f8"}');
INSERT INTO event VALUES(1099511627789,1795683958030,1795683958031,'logout',X'015f7e6bc5aeaf483724089e9252cc13','1','{"specversion":"1.0","id":"0006612a405da0a3-000000000000000d","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.logout","time":"2026-11-26T09:05:58.030Z","subject":"015f7e6bc5aeaf483724089e9252cc13","datacontenttype":"application/json","data":{"user_id":"1","backend":"django.contrib.auth.backends.ModelBackend","login_id":"0006612a405da0a3-0000000000000003","reason":"deleted"},"previoushash":"6eb9d06b81511cccd2a4d56490de31a3f91495065bec7933c36cc71f4f4e1552"}');
INSERT INTO event VALUES(1099511627790,1795683958030,1795683958031,'logout',X'94091dd64a21ffe94214bc6d17deeb43','2','{"specversion":"1.0","id":"0006612a405da0a3-000000000000000e","source":"urn:uuid:220ceda9-6972-46b6-a145-b846615a13c2","type":"dev.sessiond.logout","time":"2026-11-26T09:05:58.030Z","subject":"94091dd64a21ffe94214bc6d17deeb43","datacontenttype":"application/json","data":{"user_id":"2","backend":"django.contrib.auth.backends.ModelBackend","login_id":"0006612a405da0a3-0000000000000005","reason":"deleted"},"previoushash":"4d67308561e8a011857efe77ce635f4b91994619bdf55e3615cca3a31cf0a2ae"}');
CREATE TABLE login (
    place INTEGER PRIMARY KEY,
    session BLOB NOT NULL,
    previous_session BLOB,
    user_id TEXT NOT NULL,
    backend TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    expires_at INTEGER,
    ended_at INTEGER,
    logout_place INTEGER
);
INSERT INTO login VALUES(1099511627777,X'd1a5ac9a015fac2ef7b341673635512a',NULL,'0','django.contrib.auth.backends.ModelBackend',1795683957718,1796893557717,1795683958030,1099511627786);
INSERT INTO login VALUES(1099511627779,X'015f7e6bc5aeaf483724089e9252cc13',NULL,'1','django.contrib.auth.backends.ModelBackend',1795683957718,1796893557717,1795683958030,1099511627789);
INSERT INTO login VALUES(1099511627781,X'94091dd64a21ffe94214bc6d17deeb43',NULL,'2','django.contrib.auth.backends.ModelBackend',1795683957718,1796893557717,1795683958030,1099511627790);
INSERT INTO login VALUES(1099511627783,X'6ab9f1eb8f7d3388f4f9d586f66e99fd',NULL,'0','django.contrib.auth.backends.ModelBackend',1795683957718,1796893557717,1795683958030,1099511627787);
INSERT INTO login VALUES(1099511627784,X'2f5052c9fd15b19a18c584d013635681',NULL,'1','django.contrib.auth.backends.ModelBackend',1795683957718,1796893557717,NULL,NULL);
INSERT INTO login VALUES(1099511627785,X'88dbf612972c594a2c2f6dde493ef1c4',NULL,'2','django.contrib.auth.backends.ModelBackend',1795683957718,1796893557717,NULL,NULL);
CREATE INDEX event_by_type ON event(type);
CREATE INDEX event_by_user ON event(user_id) WHERE user_id IS NOT NULL;
CREATE INDEX event_by_session ON event(session) WHERE session IS NOT NULL;
CREATE INDEX event_by_recording ON event(recorded_at);
CREATE INDEX event_late ON event(time) WHERE recorded_at > time + 60000;
CREATE UNIQUE INDEX login_open ON login(session) WHERE logout_place IS NULL;
CREATE INDEX login_by_end ON login(ended_at, began_at) WHERE logout_place IS NOT NULL;
CREATE INDEX login_by_logout ON login(logout_place) WHERE logout_place IS NOT NULL;
CREATE INDEX login_by_previous ON login(previous_session) WHERE previous_session IS NOT NULL;
CREATE VIEW events AS SELECT
    body ->> '$.id' AS id,
    strftime('%Y-%m-%dT%H:%M:%fZ', time / 1000.0, 'unixepoch') AS time,
    type,
    user_id,
    lower(hex(session)) AS session,
    coalesce(body ->> '$.data.cause', body ->> '$.data.reason', body ->> '$.data.state') AS why,
    body
FROM event;
CREATE VIEW logins AS SELECT
    user_id,
    lower(hex(session)) AS session,
    strftime('%Y-%m-%dT%H:%M:%fZ', began_at / 1000.0, 'unixepoch') AS login,
    strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1000.0, 'unixepoch') AS logout,
    backend
FROM login;
COMMIT;
