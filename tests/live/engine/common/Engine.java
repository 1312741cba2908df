import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/** A single-node Elasticsearch in this process. It listens on the loopback and writes its port to HOME/port. Arguments: HOME MODULES. */
public final class Engine {
    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]).toAbsolutePath();
        Files.createDirectories(home.resolve("config"));
        System.setProperty("es.logs.base_path", home.toString());
        LogConfigurator.setNodeName("engine");
        org.elasticsearch.logging.internal.spi.LoggerFactory.setInstance(new org.elasticsearch.common.logging.internal.LoggerFactoryImpl());
        Settings settings = Settings.builder()
            .put("path.home", home)
            .put("node.name", "engine")
            .put("cluster.name", "engine")
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", "0")
            .put("transport.port", "0")
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .put("cluster.max_shards_per_node", 20000)
            .put("node.store.allow_mmap", false)
            .build();
        Node node = new Node(new Environment(settings, home.resolve("config")), plugins(Path.of(arguments[1]).toAbsolutePath()));
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception problem) {
                problem.printStackTrace();
            }
            ended.countDown();
        }));
        node.start();
        int port = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress().getPort();
        Path unfinished = home.resolve("port.new");
        Files.writeString(unfinished, port + "\n");
        Files.move(unfinished, home.resolve("port"));
        ended.await();
    }

    /** The modules' plugins; 9.x has one more parameter than 8.x. */
    private static PluginsLoader plugins(Path modules) throws Exception {
        Method load = Arrays.stream(PluginsLoader.class.getMethods()).filter(m -> m.getName().equals("loadModulesBundles")).findFirst().orElseThrow();
        Object bundles = load.getParameterCount() == 1 ? load.invoke(null, modules) : load.invoke(null, modules, false);
        @SuppressWarnings("unchecked")
        Set<org.elasticsearch.plugins.PluginBundle> found = (Set<org.elasticsearch.plugins.PluginBundle>) bundles;
        return PluginsLoader.createPluginsLoader(found, Set.of(), Map.of(), false);
    }
}
