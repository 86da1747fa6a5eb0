import java.io.FileInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.Security;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A server with all that JSSE supports: the port, then PKCS #12 files with the password `secret`. Prints its suites first. */
public class Everything {
    public static void main(String[] arguments) throws Exception {
        Security.setProperty("jdk.tls.disabledAlgorithms", "");
        Security.setProperty("jdk.tls.legacyAlgorithms", "");
        Security.setProperty("jdk.certpath.disabledAlgorithms", "");
        char[] password = "secret".toCharArray();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, password);
        for (int at = 1; at < arguments.length; at++) {
            KeyStore file = KeyStore.getInstance("PKCS12");
            try (InputStream in = new FileInputStream(arguments[at])) {
                file.load(in, password);
            }
            String alias = file.aliases().nextElement();
            keys.setKeyEntry("key" + at, file.getKey(alias, password), password, file.getCertificateChain(alias));
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance("NewSunX509");
        managers.init(keys, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory()
            .createServerSocket(Integer.parseInt(arguments[0]), 200, InetAddress.getLoopbackAddress());
        server.setEnabledProtocols(server.getSupportedProtocols());
        server.setEnabledCipherSuites(server.getSupportedCipherSuites());
        System.out.println(String.join(" ", server.getEnabledCipherSuites()));
        System.out.println(String.join(" ", server.getEnabledProtocols()));
        System.out.flush();
        while (true) {
            SSLSocket socket = (SSLSocket) server.accept();
            new Thread(() -> answer(socket)).start();
        }
    }

    private static void answer(SSLSocket socket) {
        try (socket) {
            socket.setSoTimeout(5000);
            socket.startHandshake();
            socket.getInputStream().read();
        } catch (Exception refused) {
            // What a client is refused is told by an alert.
        }
    }
}
