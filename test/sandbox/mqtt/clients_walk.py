"""Real MQTT clients against the sandbox: paho and the AWS IoT SDK, in both versions of MQTT.

    python clients_walk.py <host> <port> <main port> <ca file> <certificate> <key> <thing>

Each step prints a line that begins with "ok ".
"""

import json
import sys
import threading
from concurrent.futures import Future

import paho.mqtt.client as paho
from awscrt import auth, mqtt, mqtt5
from awsiot import iotidentity, iotjobs, iotshadow, mqtt5_client_builder, mqtt_connection_builder

host, port, main_port, ca, cert, key, thing = sys.argv[1:8]
port, main_port = int(port), int(main_port)
WAIT = 20


def step(name):
    print("ok", name, flush=True)


def with_paho(version):
    got, told = Future(), threading.Event()
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, thing, protocol=version)
    client.tls_set(ca, cert, key)
    client.on_connect = lambda c, u, f, code, p: c.subscribe(f"paho/{thing}", 1)
    client.on_subscribe = lambda c, u, m, codes, p: told.set()
    client.on_message = lambda c, u, message: got.set_result(message.payload)
    client.connect(host, port)
    client.loop_start()
    assert told.wait(WAIT)
    client.publish(f"paho/{thing}", "hello", 1).wait_for_publish(WAIT)
    assert got.result(WAIT) == b"hello"
    client.disconnect()
    client.loop_stop()


def connect_311(**more):
    connection = mqtt_connection_builder.mtls_from_path(
        cert, key, endpoint=host, ca_filepath=ca, client_id=thing, clean_session=True,
        keep_alive_secs=30, **more)
    connection.connect().result(WAIT)
    return connection


def connect_5(builder=mqtt5_client_builder.mtls_from_path, client_id=thing, **more):
    connected, stopped = Future(), Future()

    def on_failure(data):
        if not connected.done():
            connected.set_exception(data.exception)

    arguments = (cert, key) if builder is mqtt5_client_builder.mtls_from_path else ()
    client = builder(
        *arguments, endpoint=host, ca_filepath=ca, client_id=client_id,
        on_lifecycle_connection_success=lambda data: connected.set_result(data),
        on_lifecycle_connection_failure=on_failure,
        on_lifecycle_stopped=lambda data: stopped.set_result(True), **more)
    client.start()
    return client, connected, stopped


def shadow_v2(client):
    shadow = iotshadow.IotShadowClientV2(client, request_response_options())
    updated = shadow.update_shadow(iotshadow.UpdateShadowRequest(
        thing_name=thing, state=iotshadow.ShadowState(reported={"by": "v2"}))).result(WAIT)
    assert updated.state.reported == {"by": "v2"}, updated.state
    found = shadow.get_shadow(iotshadow.GetShadowRequest(thing_name=thing)).result(WAIT)
    assert found.state.reported == {"by": "v2"}, found.state
    shadow.delete_shadow(iotshadow.DeleteShadowRequest(thing_name=thing)).result(WAIT)


def jobs_v2(client):
    jobs = iotjobs.IotJobsClientV2(client, request_response_options())
    pending = jobs.get_pending_job_executions(
        iotjobs.GetPendingJobExecutionsRequest(thing_name=thing)).result(WAIT)
    job_id = pending.queued_jobs[0].job_id
    started = jobs.start_next_pending_job_execution(
        iotjobs.StartNextPendingJobExecutionRequest(thing_name=thing)).result(WAIT)
    assert started.execution.job_id == job_id
    assert started.execution.job_document == {"work": True}, started.execution.job_document
    jobs.update_job_execution(iotjobs.UpdateJobExecutionRequest(
        thing_name=thing, job_id=job_id, status="SUCCEEDED")).result(WAIT)


def provision(client):
    identity = iotidentity.IotIdentityClientV2(client, request_response_options())
    made = identity.create_keys_and_certificate(
        iotidentity.CreateKeysAndCertificateRequest()).result(WAIT)
    assert "PRIVATE KEY" in made.private_key
    registered = identity.register_thing(iotidentity.RegisterThingRequest(
        template_name="fleet", certificate_ownership_token=made.certificate_ownership_token,
        parameters={"SerialNumber": "py"})).result(WAIT)
    assert registered.thing_name == "new-py", registered.thing_name
    assert registered.device_configuration == {"site": "north"}


def jobs_v1(connection):
    client = iotjobs.IotJobsClient(connection)
    accepted = Future()
    subscribed, _ = client.subscribe_to_get_pending_job_executions_accepted(
        iotjobs.GetPendingJobExecutionsSubscriptionRequest(thing_name=thing),
        mqtt.QoS.AT_LEAST_ONCE, lambda answer: accepted.set_result(answer))
    subscribed.result(WAIT)
    client.publish_get_pending_job_executions(
        iotjobs.GetPendingJobExecutionsRequest(thing_name=thing),
        mqtt.QoS.AT_LEAST_ONCE).result(WAIT)
    assert accepted.result(WAIT).queued_jobs is not None


def request_response_options():
    from awscrt import mqtt_request_response
    return mqtt_request_response.ClientOptions(
        max_request_response_subscriptions=4, max_streaming_subscriptions=2,
        operation_timeout_in_seconds=WAIT)


def shadow_v1(connection):
    client = iotshadow.IotShadowClient(connection)
    accepted, deltas = Future(), Future()
    names = dict(thing_name=thing)
    subscribed, _ = client.subscribe_to_update_shadow_accepted(
        iotshadow.UpdateShadowSubscriptionRequest(**names), mqtt.QoS.AT_LEAST_ONCE,
        lambda answer: accepted.set_result(answer))
    subscribed.result(WAIT)
    subscribed, _ = client.subscribe_to_shadow_delta_updated_events(
        iotshadow.ShadowDeltaUpdatedSubscriptionRequest(**names), mqtt.QoS.AT_LEAST_ONCE,
        lambda event: deltas.set_result(event))
    subscribed.result(WAIT)
    client.publish_update_shadow(iotshadow.UpdateShadowRequest(
        thing_name=thing, client_token="t1",
        state=iotshadow.ShadowState(desired={"speed": 80})), mqtt.QoS.AT_LEAST_ONCE).result(WAIT)
    assert accepted.result(WAIT).client_token == "t1"
    assert deltas.result(WAIT).state == {"speed": 80}


with_paho(paho.MQTTv311)
step("paho, MQTT 3.1.1")
with_paho(paho.MQTTv5)
step("paho, MQTT 5")

connection = connect_311(port=port)
shadow_v1(connection)
step("awsiotsdk, MQTT 3.1.1, shadow client of version 1")
jobs_v1(connection)
step("awsiotsdk, MQTT 3.1.1, jobs client of version 1")
connection.disconnect().result(WAIT)

client, connected, stopped = connect_5(port=port)
data = connected.result(WAIT)
assert data.negotiated_settings.maximum_qos == mqtt5.QoS.AT_LEAST_ONCE
assert data.connack_packet.server_keep_alive_sec == 1200
shadow_v2(client)
step("awsiotsdk, MQTT 5, shadow client of version 2")
jobs_v2(client)
step("awsiotsdk, MQTT 5, jobs client of version 2")
provision(client)
step("awsiotsdk, MQTT 5, fleet provisioning")
client.stop()
stopped.result(WAIT)

client, connected, stopped = connect_5(client_id="not-allowed", port=port)
try:
    connected.result(WAIT)
    raise SystemExit("it was let in")
except Exception as refusal:
    assert "REFUSED" in str(refusal).upper(), refusal
step("awsiotsdk, MQTT 5, refused by its policy")
client.stop()
stopped.result(WAIT)

try:
    mqtt_connection_builder.mtls_from_path(
        cert, key, endpoint=host, port=port, ca_filepath=ca, client_id="not-allowed",
        clean_session=True).connect().result(WAIT)
    raise SystemExit("it was let in")
except Exception as refusal:
    assert "UNEXPECTED_HANGUP" in str(refusal), refusal
step("awsiotsdk, MQTT 3.1.1, hung up on by its policy")

client, connected, stopped = connect_5(
    builder=mqtt5_client_builder.websockets_with_default_aws_signing,
    client_id="by-signature", region="us-east-1", port=main_port,
    credentials_provider=auth.AwsCredentialsProvider.new_environment())
connected.result(WAIT)
step("awsiotsdk, MQTT 5 over a signed WebSocket")
client.stop()
stopped.result(WAIT)
