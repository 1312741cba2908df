import java.io.IOException;
import java.util.List;

import org.elasticsearch.Build;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.xcontent.XContentBuilder;

/** The answer at "/", by which clients recognise Elasticsearch and its version. */
final class Greeting extends BaseRestHandler {
    @Override
    public String getName() {
        return "greeting";
    }

    @Override
    public List<Route> routes() {
        return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/"));
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        return channel -> {
            XContentBuilder answer = channel.newBuilder().startObject();
            answer.field("name", "engine").field("cluster_name", "engine").field("cluster_uuid", "engine");
            answer.startObject("version").field("number", Build.current().version()).field("build_flavor", "default");
            answer.field("build_hash", Build.current().hash()).field("build_date", Build.current().date()).field("build_snapshot", false);
            answer.field("lucene_version", org.apache.lucene.util.Version.LATEST.toString());
            answer.field("minimum_wire_compatibility_version", "7.17.0").field("minimum_index_compatibility_version", "7.0.0");
            answer.endObject().field("tagline", "You Know, for Search").endObject();
            channel.sendResponse(new RestResponse(RestStatus.OK, answer));
        };
    }
}
