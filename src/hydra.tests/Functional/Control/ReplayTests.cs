using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Control;

/// <summary>--record, and hydra replay on a server that runs.</summary>
public sealed class ReplayTests
{
    [Theory]
    [InlineData("asgi_probe:app")]
    [InlineData("wsgi_probe:app")]
    public async Task Replay_ARequest_IsListedAndSentAgain(string app)
    {
        await using HydraServer server = await ControlServer.StartAsync(app, "--record", "2");
        await server.GetTextAsync("/hello");
        await server.GetTextAsync("/worker?password=hush");
        using (var request = new HttpRequestMessage(HttpMethod.Get, "/hello"))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "hush");
            using HttpResponseMessage response = await server.Client.SendAsync(request);
        }

        (int code, string list, string error) = await server.RunAsync("replay");
        Assert.True(code == 0, error);
        Assert.Equal(["ID", "3", "2"], list.Split('\n').Select(static line => line.Split(' ')[0]));
        Assert.Contains("/worker?password=***  masked", list, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", list, StringComparison.Ordinal);

        (code, string answer, error) = await server.RunAsync("replay", "3");
        Assert.True(code == 0, error);
        Assert.StartsWith("GET /hello (3)\nmasked: ", answer, StringComparison.Ordinal);
        Assert.Contains("\n200 after ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\n\nhello", answer.TrimEnd(), StringComparison.Ordinal);
        JsonElement json = JsonDocument.Parse((await server.RunAsync("replay", "2", "--json")).Output).RootElement;
        Assert.Equal((200, 0, true), (json.GetProperty("status").GetInt32(), json.GetProperty("worker").GetInt32(), json.GetProperty("masked").GetBoolean()));
        Assert.Contains("is not kept", (await server.RunAsync("replay", "1")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_APost_NeedsForceAndHasItsBody()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app", "--record", "5");
        using HttpResponseMessage response = await server.Client.PostAsync("/mirror", new StringContent("""{"a":1}""", Encoding.UTF8, "application/json"));
        string sent = await response.Content.ReadAsStringAsync();

        (int code, _, string error) = await server.RunAsync("replay", "1");
        Assert.Equal(1, code);
        Assert.Contains("--force", error, StringComparison.Ordinal);
        JsonElement json = JsonDocument.Parse((await server.RunAsync("replay", "--force", "--json", "1")).Output).RootElement;
        Assert.Equal((sent, 200), (json.GetProperty("body").GetString(), json.GetProperty("status").GetInt32()));
    }

    [Fact]
    public async Task Replay_WithoutRecord_SaysSo()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app");
        await server.GetTextAsync("/hello");

        Assert.Contains("without --record", (await server.RunAsync("replay")).Error, StringComparison.Ordinal);
    }
}
