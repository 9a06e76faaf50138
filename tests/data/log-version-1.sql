-- A log as the first schema kept it: one incident, five notes of its story, and one notice that was not delivered.
PRAGMA application_id = 1129466195;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'crisisctl','m001_log','2026-11-22 18:12:58.444978+00:00');
CREATE TABLE "beat" (
   "watch" TEXT PRIMARY KEY NOT NULL,
   "at" TEXT NOT NULL,
   "every" REAL NOT NULL
) STRICT;
CREATE TABLE "entry" (
   "position" INTEGER PRIMARY KEY,
   "incident" TEXT NOT NULL,
   "version" INTEGER NOT NULL,
   "recorded_at" TEXT NOT NULL,
   "occurred_at" TEXT NOT NULL,
   "actor" TEXT NOT NULL,
   "login" TEXT NOT NULL,
   "role" TEXT,
   "via" TEXT NOT NULL,
   "type" TEXT NOT NULL,
   "data" TEXT NOT NULL,
   "digest" TEXT NOT NULL,
   "timer" TEXT,
   "request" TEXT,
   "words" TEXT NOT NULL
) STRICT;
INSERT INTO "entry" VALUES(1,'INC-1',1,'2026-11-22T18:12:58.448119Z','2026-11-22T18:12:58.448119Z','dana','root',NULL,'cli','incident.opened','{"drill":false,"playbook":{"digest":"de3427ceeb003b8e2e6a27c64b19d75e231dcbf6f19b18772d9e6351e458534d","id":"data-breach","text":"{\"playbook\":\"data-breach\",\"version\":3,\"title\":\"Personal-data breach\",\"summary\":\"One paragraph.\",\"severities\":[\"sev1\",\"sev2\",\"sev3\"],\"last_drilled\":\"2026-10-01\",\"roles\":{\"comms-lead\":{\"title\":\"Communications lead\",\"required\":true,\"deputy\":\"deputy-comms\"},\"deputy-comms\":{\"title\":\"Deputy\"},\"legal\":{\"title\":\"Legal counsel\",\"required\":true}},\"facts\":{\"affected_accounts\":{\"type\":\"integer\",\"ask\":\"How many accounts are affected?\"},\"aware_at\":{\"type\":\"datetime\",\"ask\":\"When did we know that personal data was exposed?\"}},\"initial\":\"detected\",\"stages\":{\"detected\":{\"title\":\"Detected\",\"guidance\":\"Secure the accounts first. Pause all scheduled posts.\\n\",\"tasks\":{\"pause-posts\":{\"title\":\"Pause scheduled posts\",\"role\":\"comms-lead\",\"required\":true,\"due\":\"15m\"}},\"escalation\":\"first-response\"},\"response\":{\"parallel\":true,\"stages\":{\"comms\":{\"initial\":\"drafting\",\"stages\":{\"drafting\":{\"title\":\"Drafting\"},\"informed\":{\"title\":\"Public informed\"}}},\"legal\":{\"initial\":\"assessing\",\"stages\":{\"assessing\":{\"title\":\"Assessing\"},\"notified\":{\"title\":\"Authority notified\"}}}}},\"closed\":{\"title\":\"Closed\",\"final\":true}},\"transitions\":[{\"trigger\":\"activate\",\"from\":\"detected\",\"to\":\"response\",\"by\":[\"comms-lead\"],\"because\":\"required\"},{\"trigger\":\"inform\",\"from\":\"response.comms.drafting\",\"to\":\"response.comms.informed\",\"requires\":{\"statements\":{\"holding\":\"published\"}}},{\"trigger\":\"notify\",\"from\":\"response.legal.assessing\",\"to\":\"response.legal.notified\"},{\"trigger\":\"close\",\"from\":\"response\",\"to\":\"closed\",\"requires\":{\"stages\":[\"response.comms.informed\",\"response.legal.notified\"],\"facts\":[\"affected_accounts\"],\"roles\":[\"legal\"]}}],\"escalations\":{\"first-response\":{\"until\":\"acknowledged\",\"ack_timeout\":\"30m\",\"repeat\":{\"times\":2,\"every\":\"20m\"},\"if_empty\":\"skip\",\"steps\":[{\"after\":\"0m\",\"notify\":[\"comms-lead\"]},{\"after\":\"5m\",\"notify\":[\"deputy-comms\"]},{\"after\":\"15m\",\"notify\":[\"legal\",\"comms-lead\"],\"advance\":\"activate\"}]}},\"statements\":{\"holding\":{\"template\":\"holding/data-breach.md.j2\",\"audiences\":[\"employees\",\"customers\",\"press\"],\"channels\":[\"status-page\",\"x\",\"email\"],\"approvals\":[\"comms-lead\",\"legal\"],\"due\":\"60m\",\"update_every\":\"60m\"}}}","version":3},"severity":"sev1","templates":{"holding/data-breach.md.j2":"On 22 November 2026 we learned that some account records were exposed. We are sorry.\nWhat we know: about {{ affected_accounts }} accounts are affected. What we do not know yet: how the records were copied.\nWe have closed the way in and are checking every account. Please change your password. Next update by 22 November 2026, 15:00 UTC.\n"}}','cfba66f66383512cf54bf77f4b08ff70c3c74f8fc21027c3c6a29b049b86d498',NULL,NULL,'{"title":["5ffead9c0921302dd5fae0937814c8ff54c310980e16363cc3d61d5843bdc629","f825b9c3cc75767961b69ac792cbc7203d696a238b7a4561d5ad532cc3773291","Records on a forum"]}');
INSERT INTO "entry" VALUES(2,'INC-1',2,'2026-11-22T18:12:58.448119Z','2026-11-22T18:12:58.448119Z','dana','root',NULL,'cli','role.assigned','{"person":"dana","role":"comms-lead"}','d85eb0563cc9e9dbd19c6a91cb12881e8f69815687546e4b18903b9610cd85ce',NULL,NULL,'{}');
INSERT INTO "entry" VALUES(3,'INC-1',3,'2026-11-22T18:12:58.448119Z','2026-11-22T18:12:58.448119Z','dana','root','comms-lead','cli','stage.entered','{"stage":"detected","visit":1}','519d8c93cb9d3b23dbe260ffe18719d626e0d37bcd5e8eb8416f36d4c81fd61f',NULL,NULL,'{}');
INSERT INTO "entry" VALUES(4,'INC-1',4,'2026-11-22T18:12:58.592098Z','2026-11-22T18:12:58.448119Z','crisisctl','crisisctl',NULL,'timer','escalation.fired','{"due":"2026-11-22T18:12:58.448119Z","escalation":"first-response","ladder":"detected#1/first-response","notices":[{"contacts":2,"covers":["INC-1/detected#1/first-response/1.0.0"],"key":"bc7fcc62a6046e3b5158b0c3922219d3","to":"dana"}],"reached":["dana"],"roles":["comms-lead"],"round":1,"stage":"detected","step":1}','9d50705f1199745a86c4da5730b690efeb201d862283163c582206ded5469b1e','INC-1/detected#1/first-response/1.0.0',NULL,'{}');
INSERT INTO "entry" VALUES(5,'INC-1',5,'2026-11-22T18:12:58.592098Z','2026-11-22T18:12:58.592098Z','dana','root','comms-lead','cli','note.added','{}','84df47ad60452dadcaaa538c4401ad4da46bb36d60345ee7188c8f6e242b4149',NULL,NULL,'{"text":["1c3d907aa098be464d31900b2159d2ffbe2a7e8a16db382c5d77f6d51f0145e7","8fc0b38999e6a74f51f7d4bb14a38c8ea9edd2ed3aef91c2505b652fae31ccf6","we know of three records"]}');
INSERT INTO "entry" VALUES(6,'INC-1',6,'2026-11-22T18:12:59.202864Z','2026-11-22T18:12:59.202864Z','crisisctl','crisisctl',NULL,'watch','notice.sent','{"attempts":1,"contact":1,"notice":"bc7fcc62a6046e3b5158b0c3922219d3-1","to":"dana"}','58a8e93384598e5c20a168042e482b816550829be60befde2a46fd873164e61f',NULL,NULL,'{}');
CREATE TABLE "head" (
   "number" INTEGER PRIMARY KEY NOT NULL,
   "incident" TEXT NOT NULL,
   "version" INTEGER NOT NULL,
   "drill" INTEGER NOT NULL,
   "digest" TEXT NOT NULL,
   "playbook" TEXT NOT NULL,
   "playbook_digest" TEXT NOT NULL,
   "title" TEXT NOT NULL,
   "severity" TEXT NOT NULL,
   "stages" TEXT NOT NULL,
   "opened_at" TEXT NOT NULL,
   "closed_at" TEXT,
   "snapshot" TEXT NOT NULL
) STRICT;
INSERT INTO "head" VALUES(1,'INC-1',6,0,'58a8e93384598e5c20a168042e482b816550829be60befde2a46fd873164e61f','data-breach','de3427ceeb003b8e2e6a27c64b19d75e231dcbf6f19b18772d9e6351e458534d','Records on a forum','sev1','detected','2026-11-22T18:12:58.448119Z',NULL,'{"id":"INC-1","playbook_digest":"de3427ceeb003b8e2e6a27c64b19d75e231dcbf6f19b18772d9e6351e458534d","title":"Records on a forum","severity":"sev1","drill":false,"opened_at":"2026-11-22T18:12:58.448119Z","version":3,"digest":"519d8c93cb9d3b23dbe260ffe18719d626e0d37bcd5e8eb8416f36d4c81fd61f","recorded_at":"2026-11-22T18:12:58.448119Z","stages":["detected"],"visits":{"detected":[1,"2026-11-22T18:12:58.448119Z"]},"before_close":[],"closed_at":null,"roles":{"comms-lead":["dana"]},"tasks":{},"facts":{},"statements":{},"ladders":{"detected#1/first-response":{"escalation":"first-response","stage":"detected","visit":1,"base":"2026-11-22T18:12:58.448119Z","run":1,"round":0,"step":0,"pulled":null,"acked_by":null,"acked_at":null,"snoozed_until":null}},"fired":[],"behind":false,"format":2}');
CREATE TABLE "outbox" (
   "key" TEXT PRIMARY KEY NOT NULL,
   "incident" TEXT NOT NULL,
   "version" INTEGER NOT NULL,
   "person" TEXT NOT NULL,
   "contact" INTEGER NOT NULL,
   "attempts" INTEGER NOT NULL,
   "ready_at" TEXT NOT NULL
) STRICT;
INSERT INTO "outbox" VALUES('bc7fcc62a6046e3b5158b0c3922219d3-0','INC-1',4,'dana',0,1,'2026-11-22T18:13:04.202173Z');
CREATE TABLE "timer" (
   "id" TEXT PRIMARY KEY NOT NULL,
   "incident" TEXT NOT NULL,
   "kind" TEXT NOT NULL,
   "due" TEXT NOT NULL,
   "subject" TEXT NOT NULL
) STRICT;
INSERT INTO "timer" VALUES('INC-1/task/detected/pause-posts#1','INC-1','task','2026-11-22T18:27:58.448119Z','detected/pause-posts');
INSERT INTO "timer" VALUES('INC-1/statement/holding','INC-1','statement','2026-11-22T19:12:58.448119Z','holding');
INSERT INTO "timer" VALUES('INC-1/detected#1/first-response/1.0.1','INC-1','escalation','2026-11-22T18:17:58.448119Z','detected#1/first-response');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE UNIQUE INDEX "idx_entry_incident_version"
    ON "entry" ("incident", "version");
CREATE UNIQUE INDEX idx_entry_timer ON entry (timer) WHERE timer IS NOT NULL;
CREATE UNIQUE INDEX idx_entry_request ON entry (request) WHERE request IS NOT NULL;
CREATE TRIGGER entry_is_never_replaced BEFORE INSERT ON entry
    WHEN EXISTS (SELECT 1 FROM entry WHERE position = NEW.position OR (incident = NEW.incident AND version = NEW.version) OR timer = NEW.timer OR request = NEW.request)
    BEGIN SELECT RAISE(ABORT, 'the version, timer or request is taken'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER entry_changes_by_redaction_only BEFORE UPDATE ON entry
    WHEN NEW.position IS NOT OLD.position OR NEW.incident IS NOT OLD.incident OR NEW.version IS NOT OLD.version OR NEW.recorded_at IS NOT OLD.recorded_at OR NEW.occurred_at IS NOT OLD.occurred_at OR NEW.actor IS NOT OLD.actor OR NEW.login IS NOT OLD.login OR NEW.role IS NOT OLD.role OR NEW.via IS NOT OLD.via OR NEW.type IS NOT OLD.type OR NEW.data IS NOT OLD.data OR NEW.digest IS NOT OLD.digest OR NEW.timer IS NOT OLD.timer OR NEW.request IS NOT OLD.request OR NOT EXISTS (
        SELECT 1 FROM entry WHERE incident = OLD.incident AND type = 'entry.redacted'
        AND data LIKE '%"version":' || OLD.version || '}')
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE UNIQUE INDEX "idx_head_incident"
    ON "head" ("incident");
CREATE INDEX "idx_timer_due_id"
    ON "timer" ("due", "id");
CREATE INDEX "idx_timer_incident"
    ON "timer" ("incident");
CREATE INDEX "idx_outbox_ready_at"
    ON "outbox" ("ready_at");
COMMIT;
