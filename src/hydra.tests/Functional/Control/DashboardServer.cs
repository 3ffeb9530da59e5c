using System.Text.Json;
using System.Text.RegularExpressions;
using Hydra.Tests.Functional.Harness;

namespace Hydra.Tests.Functional.Control;

/// <summary>What the tests of the dashboard share: a server that has one.</summary>
internal static partial class DashboardServer
{
    /// <summary>Its token.</summary>
    public const string Token = "token-of-the-tests";

    /// <summary>Starts a server with a dashboard at a free port.</summary>
    public static Task<HydraServer> StartAsync(string app, params string[] arguments) => HydraServer.StartAsync(Spec(app, arguments));

    /// <summary>How it is started.</summary>
    public static ServerSpec Spec(string app, params string[] arguments) => new(app) { Arguments = ["--dashboard", "127.0.0.1:0", "--dashboard-token", Token, .. arguments] };

    /// <summary>Where the page is, as the log says; the last one where there were several.</summary>
    public static async Task<Uri> DashboardAsync(this HydraServer server)
    {
        await server.Log.WaitAsync("the dashboard is at http://");
        return new Uri(Place().Matches(server.Log.Text)[^1].Value);
    }

    /// <summary>Sends a request to it.</summary>
    /// <param name="server">The server.</param>
    /// <param name="line">Method and target.</param>
    /// <param name="fields">Fields, each with its line end; a Host of its own in the place of the right one.</param>
    public static async Task<RawResponse> AskDashboardAsync(this HydraServer server, string line, string fields = "")
    {
        Uri place = await server.DashboardAsync();
        await using RawConnection connection = await RawConnection.OpenAsync(place.Port);
        string host = fields.Contains("Host:", StringComparison.Ordinal) ? "" : $"Host: {place.Authority}\r\n";
        return await connection.ExchangeAsync($"{line} HTTP/1.1\r\n{host}{fields}Content-Length: 0\r\n\r\n", line.StartsWith("HEAD", StringComparison.Ordinal));
    }

    /// <summary>A document of it.</summary>
    public static async Task<JsonElement> DashboardDocumentAsync(this HydraServer server, string path)
    {
        RawResponse response = await server.AskDashboardAsync($"GET {path}", $"Hydra-Token: {Token}\r\n");
        return response.Status == 200 ? JsonDocument.Parse(response.Body).RootElement : throw new InvalidOperationException($"{response.Status}: {response.Text}");
    }

    /// <summary>The status at the dashboard, as soon as it is so.</summary>
    public static async Task<JsonElement> DashboardStatusAsync(this HydraServer server, Func<JsonElement, bool> condition)
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        while (true)
        {
            JsonElement status = await server.DashboardDocumentAsync("/v1/status");
            if (condition(status))
            {
                return status;
            }

            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException("in vain; there was: " + status.GetRawText());
            }
        }
    }

    /// <summary>The samples of its history, as soon as one is so.</summary>
    public static async Task<JsonElement> DashboardSampleAsync(this HydraServer server, Func<JsonElement, bool> condition)
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        while (true)
        {
            JsonElement history = await server.DashboardDocumentAsync("/v1/history");
            foreach (JsonElement sample in history.GetProperty("samples").EnumerateArray())
            {
                if (condition(sample))
                {
                    return sample;
                }
            }

            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException("in vain; there was: " + history.GetRawText());
            }

            // There is one a second.
            await Task.Delay(50, limit.Token);
        }
    }

    [GeneratedRegex(@"(?<=the dashboard is at )http://[^\s#]+")]
    private static partial Regex Place();
}
