using System.Text.Json;
using Hydra.Tests.Functional.Control;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Dispatch;

/// <summary>--metrics-routes.</summary>
public sealed class RouteMetricsTests
{
    [PythonModuleFact("fastapi")]
    public Task Routes_OfFastApi_AreCountedByPattern() => CountsAsync("fastapi_app:app", "/items/3", "/items/4", "/items/{number}");

    [PythonModuleFact("flask")]
    public Task Routes_OfFlask_AreCountedByRule() => CountsAsync("flask_app:app", "/visits", "/visits", "/visits");

    [PythonModuleFact("django")]
    public Task Routes_OfDjango_AreCountedByPattern() => CountsAsync("django_site.wsgi:application", "/where/ada/", "/where/bob/", "/where/<str:name>/");

    [PythonModuleFact("django")]
    public Task Routes_OfDjangoWithAsgi_AreCountedByPattern() => CountsAsync("django_site.asgi:application", "/where/ada/", "/where/bob/", "/where/<str:name>/");

    [PythonModuleFact("fastapi")]
    public async Task Routes_AfterAReload_StillCountAndAreInTheStatus()
    {
        await using HydraServer server = await ControlServer.StartAsync("fastapi_app:app", "--workers", "2", "--metrics", "127.0.0.1:0", "--metrics-routes");
        for (int i = 0; i < 5; i++)
        {
            await server.GetTextAsync($"/items/{i}");
        }

        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("2 workers were replaced");
        await server.SamplesAsync(static samples => samples["hydra_worker_ends_total{reason=\"reload\"}"] == 2);
        await server.GetTextAsync("/items/5");
        JsonElement status = await server.StatusAsync(static status => status.GetProperty("routes").EnumerateArray().Any(static route => route.GetProperty("count").GetInt64() == 6));
        JsonElement route = Assert.Single(status.GetProperty("routes").EnumerateArray());
        Assert.Equal(("GET", "/items/{number}", 0), (route.GetProperty("method").GetString(), route.GetProperty("route").GetString(), route.GetProperty("errors").GetInt64()));
        Assert.True(route.GetProperty("p99").GetDouble() >= route.GetProperty("p50").GetDouble());
        Assert.True(route.GetProperty("mean").GetDouble() > 0);
    }

    private static async Task CountsAsync(string app, string first, string second, string route)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec(app) { Arguments = ["--metrics", "127.0.0.1:0", "--metrics-routes"] });
        await server.GetTextAsync(first);
        await server.GetTextAsync(second);
        await server.Client.GetAsync("/nothing/of/the/kind");

        // A request is over a moment after its response.
        string name = $"hydra_route_duration_seconds_count{{method=\"GET\",route=\"{route}\",status=\"2xx\"}}";
        await server.SamplesAsync(samples => samples.GetValueOrDefault(name) == 2);
        await server.SamplesAsync(static samples => samples.GetValueOrDefault("hydra_route_duration_seconds_count{method=\"GET\",route=\"(none)\",status=\"4xx\"}") == 1);
    }
}
