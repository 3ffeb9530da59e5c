using Xunit;

namespace Hydra.Tests.Functional.Harness;

/// <summary>nginx in front of a server, with a configuration of the test's, at a port of its own.</summary>
public sealed class Nginx : IAsyncDisposable
{
    private const string Executable = "/usr/sbin/nginx";

    private readonly RunningCommand _command;
    private readonly TestDirectory _directory;

    private Nginx(RunningCommand command, TestDirectory directory, int port)
    {
        _command = command;
        _directory = directory;
        Port = port;
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, UseProxy = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}"),
            Timeout = Eventually.Limit,
        };
    }

    /// <summary>Why tests with it are skipped, or null where it is installed.</summary>
    public static string? Obstacle { get; } = File.Exists(Executable) ? null : $"{Executable} is not installed";

    /// <summary>The port at which it listens.</summary>
    public int Port { get; }

    /// <summary>A client of it.</summary>
    public HttpClient Client { get; }

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="server">What stands in the block of its server, beside the address.</param>
    /// <param name="http">What stands before that block.</param>
    /// <param name="listen">What follows the port in the line of the address.</param>
    public static async Task<Nginx> StartAsync(string server, string http = "", string listen = "")
    {
        var directory = new TestDirectory();
        int port = FreePort.Find();
        string path = Path.Combine(directory.Path, "nginx.conf");
        await File.WriteAllTextAsync(path, $$"""
            daemon off;
            master_process off;
            pid {{directory.Path}}/nginx.pid;
            error_log stderr;
            events { worker_connections 64; }
            http {
                access_log off;
                client_body_temp_path {{directory.Path}}/body;
                proxy_temp_path {{directory.Path}}/proxy;
                fastcgi_temp_path {{directory.Path}}/fastcgi;
                uwsgi_temp_path {{directory.Path}}/uwsgi;
                scgi_temp_path {{directory.Path}}/scgi;
                map $http_upgrade $connection_upgrade { default upgrade; '' close; }
                {{http}}
                server {
                    listen 127.0.0.1:{{port}} {{listen}};
                    {{server}}
                }
            }
            """);
        var command = new RunningCommand([Executable, "-e", "stderr", "-c", path], directory.Path, new Dictionary<string, string?>());
        var nginx = new Nginx(command, directory, port);
        try
        {
            await Eventually.HoldsAsync(() => Listens(port), "nginx to listen", () => command.Log.Text);
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_command.HasExited)
        {
            Processes.Signal(_command.Pid, Processes.Terminate);
            await _command.ExitAsync();
        }

        await _command.DisposeAsync();
        _directory.Dispose();
    }

    private static bool Listens(int port)
        => System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Any(end => end.Port == port);
}

/// <summary>A test that needs nginx.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NginxTheoryAttribute : TheoryAttribute
{
    /// <summary>Looks whether it is there.</summary>
    public NginxTheoryAttribute() => Skip = Nginx.Obstacle!;
}

/// <summary>The same without data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NginxFactAttribute : FactAttribute
{
    /// <summary>Looks whether it is there.</summary>
    public NginxFactAttribute() => Skip = Nginx.Obstacle!;
}
