"""The AWS IoT SDK against the sandbox with nothing but an endpoint, as its samples have it.

    python port_443_walk.py <ca file> <certificate> <key>

Without a port the SDK takes 443, and asks for MQTT by the name x-amzn-mqtt-ca (ALPN). Each step prints
a line that begins with "ok ".
"""

import sys
from concurrent.futures import Future

from awscrt import mqtt
from awsiot import mqtt5_client_builder, mqtt_connection_builder

ca, cert, key = sys.argv[1:4]
WAIT = 20

connection = mqtt_connection_builder.mtls_from_path(
    cert, key, endpoint="localhost", ca_filepath=ca, client_id="old", clean_session=True)
connection.connect().result(WAIT)
got = Future()
subscribed, _ = connection.subscribe(
    "a", mqtt.QoS.AT_LEAST_ONCE, lambda topic, payload, **rest: got.set_result(payload))
subscribed.result(WAIT)
connection.publish("a", b"hello", mqtt.QoS.AT_LEAST_ONCE)[0].result(WAIT)
assert got.result(WAIT) == b"hello"
connection.disconnect().result(WAIT)
print("ok MQTT 3.1.1", flush=True)

connected, stopped = Future(), Future()
client = mqtt5_client_builder.mtls_from_path(
    cert, key, endpoint="localhost", ca_filepath=ca, client_id="fresh",
    on_lifecycle_connection_success=lambda data: connected.set_result(data),
    on_lifecycle_connection_failure=lambda data: connected.set_exception(data.exception),
    on_lifecycle_stopped=lambda data: stopped.set_result(True))
client.start()
assert connected.result(WAIT).connack_packet.server_keep_alive_sec == 1200
client.stop()
stopped.result(WAIT)
print("ok MQTT 5", flush=True)
