using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>How applications are named and recognised.</summary>
public sealed class ApplicationShapeTests
{
    [Theory]
    [InlineData("shapes:function", "asgi function")]
    [InlineData("shapes:instance", "asgi instance")]
    [InlineData("shapes:partial", "asgi partial")]
    [InlineData("shapes:TwoClass", "asgi2 class")]
    [InlineData("shapes:wsgi_function", "wsgi function")]
    [InlineData("shapes:wsgi_instance", "wsgi instance")]
    [InlineData("shapes:holder.inner", "asgi instance")]
    [InlineData("shapes:create()", "asgi instance")]
    [InlineData("shapes:holder.make()", "asgi instance")]
    public async Task Interface_Auto_IsFoundFromTheCallable(string app, string answer)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec(app));

        Assert.Equal(answer, await server.GetTextAsync("/"));
    }

    [Theory]
    [InlineData("--interface")]
    [InlineData("--adapter")]
    public async Task Interface_Named_IsTaken(string option)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("shapes:two_function") { Arguments = [option, "asgi2"] });

        Assert.Equal("asgi2 function", await server.GetTextAsync("/"));
    }

    [Fact]
    public async Task Asgi2_Scope_SaysSo()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi2_probe:app") { Arguments = ["--interface", "asgi2"] });

        Assert.Equal("http /x 2.0", await server.GetTextAsync("/x"));
    }

    [Fact]
    public async Task Factory_Option_CallsTheAttribute()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("shapes:create") { Arguments = ["--factory"] });

        Assert.Equal("asgi instance", await server.GetTextAsync("/"));
    }

    [Fact]
    public async Task Application_InTheWorkingDirectory_IsFound()
    {
        using var directory = new TestDirectory();
        directory.Write("mine.py", "from shapes import function as app\n");
        directory.Write("shapes.py", await File.ReadAllTextAsync(Path.Combine(Repository.Apps, "shapes.py")));
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("mine:app") { AppDirectory = ".", WorkingDirectory = directory.Path });

        Assert.Equal("asgi function", await server.GetTextAsync("/"));
    }

    [Fact]
    public async Task Chdir_Option_ChangesTheDirectoryOfServerAndWorkers()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { AppDirectory = ".", Arguments = ["--chdir", Repository.Apps] });

        Assert.Equal(Repository.Apps, (await server.GetJsonAsync("/process")).GetProperty("directory").GetString());
    }

    [Fact]
    public async Task Application_ModulesNamedLikeTheShims_AreTheApplications()
    {
        using var directory = new TestDirectory();
        directory.Write("hydra.py", "NAME = 'the application\\'s hydra'\n");
        directory.Write("frames.py", "NAME = 'and its frames'\n");
        directory.Write("hydra_app.py", """
            import frames
            import hydra

            def app(environ, start_response):
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [f"{hydra.NAME} {frames.NAME}".encode()]
            """);
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("hydra_app:app") { AppDirectory = directory.Path });

        Assert.Equal("the application's hydra and its frames", await server.GetTextAsync("/"));
    }

    [Fact]
    public async Task SysPath_OfTheApplication_HasNothingOfTheShims()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        string[] path = (await server.GetJsonAsync("/process")).GetProperty("path").Strings();

        Assert.Equal(Repository.Apps, path[0]);
        Assert.DoesNotContain(path, entry => entry.Contains("hydra-shim", StringComparison.Ordinal));
    }
}
