using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>--instrument: an agent in each worker.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class InstrumentTests
{
    [Theory]
    [InlineData()]
    [InlineData("--preload")]
    public async Task Start_PackageThatIsNotThere_SaysSoAndExitsWith3(params string[] arguments)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("turns_app:app")
        {
            Arguments = ["--instrument", "newrelic", .. arguments],

            // Nothing of it is found, whatever is installed.
            Prepare = static directory => File.WriteAllTextAsync(Path.Combine(directory, "sitecustomize.py"), "import sys\nsys.modules['newrelic'] = None\n"),
            Variables = new Dictionary<string, string?> { ["PYTHONPATH"] = "." },
        });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.WaitAsync("--instrument newrelic needs newrelic, which is not installed in ");
        server.Log.ExpectAnyErrors("--instrument newrelic needs");
    }

    [Fact]
    public async Task Function_IsGivenTheApplication()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("turns_app:app") { Arguments = ["--instrument", "turns:shout"] });

        Assert.Equal("HELLO", await server.GetTextAsync("/"));
    }
}
