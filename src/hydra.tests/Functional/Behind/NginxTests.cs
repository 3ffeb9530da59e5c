using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Behind;

/// <summary>nginx in front, as everybody's tutorial has it.</summary>
public sealed class NginxTests
{
    private const string Fields = """
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto https;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        """;

    [NginxTheory]
    [InlineData("starlette_app", false)]
    [InlineData("starlette_app", true)]
    [InlineData("flask_app", false)]
    [InlineData("flask_app", true)]
    [InlineData("django_wsgi", false)]
    [InlineData("django_wsgi", true)]
    [InlineData("django_asgi", false)]
    [InlineData("django_asgi", true)]
    public async Task Framework_BehindNginx_SeesTheClientAndItsScheme(string app, bool isUnix)
    {
        await using HydraServer server = await StartAsync(app, isUnix);
        await using Nginx nginx = await FrontOfAsync(server, isUnix);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/show");
        request.Headers.Host = "shop.example";

        // Of what a client says of itself nothing is believed, but nginx adds to it.
        request.Headers.Add("X-Forwarded-For", "6.6.6.6, 1.2.3.4");
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        request.Headers.Add("X-Forwarded-Prefix", "/evil");
        request.Headers.Add("Forwarded", "for=6.6.6.6;host=evil.example");
        using HttpResponseMessage response = await nginx.Client.SendAsync(request);
        JsonElement seen = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

        // The client of nginx is on this machine, which is trusted, so that the one before it counts.
        Assert.Equal("1.2.3.4", seen.GetProperty("client").GetString());
        Assert.True(seen.GetProperty("secure").GetBoolean());
        Assert.Equal("shop.example", seen.GetProperty("host").GetString());
        Assert.Equal("https://shop.example/show", seen.GetProperty("url").GetString());
        Assert.True(app != "flask_app" || seen.GetProperty("https").GetString() == "on");
    }

    [NginxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WebSocket_BehindNginx_SeesTheClientAndItsScheme(bool isUnix)
    {
        await using HydraServer server = await StartAsync("starlette_app", isUnix);
        await using Nginx nginx = await FrontOfAsync(server, isUnix);
        using var client = new ClientWebSocket();
        client.Options.SetRequestHeader("X-Forwarded-For", "1.2.3.4");
        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{nginx.Port}/ws"), default).WaitAsync(Eventually.Limit);
        byte[] buffer = new byte[1024];
        WebSocketReceiveResult result = await client.ReceiveAsync(buffer, default).WaitAsync(Eventually.Limit);
        JsonElement seen = JsonDocument.Parse(Encoding.UTF8.GetString(buffer, 0, result.Count)).RootElement;

        Assert.Equal("1.2.3.4", seen.GetProperty("client").GetString());
        Assert.Equal($"wss://127.0.0.1:{nginx.Port}/ws", seen.GetProperty("url").GetString());
    }

    [NginxTheory]
    [InlineData("django_wsgi")]
    [InlineData("django_asgi")]
    [InlineData("flask_app")]
    public async Task Framework_BelowAPathOfNginx_MakesUrlsThatLeadBack(string app)
    {
        await using HydraServer server = await StartAsync(app, false, "--forwarded-fields", "for,proto,host,prefix");
        await using Nginx nginx = await Nginx.StartAsync(
            $"location /app/ {{ {Fields} proxy_set_header X-Forwarded-Prefix /app; proxy_set_header X-Forwarded-Host shop.example; proxy_pass http://127.0.0.1:{server.Address.Port}/; }}");
        using HttpResponseMessage response = await nginx.Client.GetAsync(new Uri("/app/show", UriKind.Relative));
        JsonElement seen = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

        Assert.Equal("shop.example", seen.GetProperty("host").GetString());
        Assert.Equal("https://shop.example/app/show", seen.GetProperty("url").GetString());
    }

    private static Task<HydraServer> StartAsync(string app, bool isUnix, params string[] arguments) => HydraServer.StartAsync(new ServerSpec("behind:" + app)
    {
        Arguments = [.. arguments, .. isUnix ? ["--bind", "127.0.0.1:0", "--bind", "unix:front.sock"] : Array.Empty<string>()],
        Port = isUnix ? null : "0",
    });

    private static Task<Nginx> FrontOfAsync(HydraServer server, bool isUnix) => Nginx.StartAsync(
        $"location / {{ {Fields} proxy_pass http://{(isUnix ? $"unix:{server.FilePath("front.sock")}:" : $"127.0.0.1:{server.Address.Port}")}; }}");
}
