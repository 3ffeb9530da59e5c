using Hydra.Configuration;
using Hydra.Tests.Workers;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class AppDiscoveryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Find_EmptyDirectory_IsNone() => Assert.Null(AppDiscovery.Find(_directory.Path));

    [Theory]
    [InlineData("main.py", "from x import *\napp = FastAPI()\n", "main:app")]
    [InlineData("app.py", "application: Flask = Flask(__name__)\n", "app:application")]
    [InlineData("api.py", "api = App()\n", "api:api")]
    public void Find_ModuleWithAUsualName_IsTaken(string file, string text, string expected)
    {
        Write(file, text);
        Write("unrelated.py", "app = 1\n");

        Assert.Equal(new FoundApp(expected, file), AppDiscovery.Find(_directory.Path));
    }

    [Fact]
    public void Find_ModuleWithoutOne_IsNotTaken()
    {
        Write("main.py", "def main():\n    app = 1\nif app == 2: pass\napp == 3\n");

        Assert.Null(AppDiscovery.Find(_directory.Path));
    }

    [Fact]
    public void Find_EntryPointOfTheProject_CountsMost()
    {
        Write("main.py", "app = 1\n");
        Write("pyproject.toml", "[project]\nentrypoint = \"no:no\"\n[tool.fastapi]\n# this\nentrypoint = \"shop.web:api\"\n[tool.x]\n");

        Assert.Equal(new FoundApp("shop.web:api", "pyproject.toml"), AppDiscovery.Find(_directory.Path));
    }

    [Fact]
    public void Find_DjangoProject_HasItInItsSettings()
    {
        Write("manage.py", "    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')\n");
        Write("mysite/settings.py", "DEBUG = True\nWSGI_APPLICATION = \"mysite.wsgi.application\"\n");

        Assert.Equal("mysite.wsgi:application", AppDiscovery.Find(_directory.Path)?.App);
    }

    [Fact]
    public void Parse_NoApplicationNamed_TakesWhatIsFoundAndSaysSo()
    {
        ParseResult.Run run = Assert.IsType<ParseResult.Run>(CommandLine.Parse(
            ["--app-dir", "src"], new Dictionary<string, string>(), Parsing.Windowless, static directory => new FoundApp("main:app", directory + "/main.py")));

        Assert.Equal("main:app", run.Options.Applications[0].App);
        Assert.Equal("no application is named: main:app is taken, by src/main.py", Assert.Single(run.Warnings));
    }

    [Fact]
    public void Parse_AnotherMistake_DoesNotMissTheApplicationThatIsFound()
    {
        ParseResult.Errors errors = Assert.IsType<ParseResult.Errors>(CommandLine.Parse(
            ["--workers", "many"], new Dictionary<string, string>(), Parsing.Windowless, static directory => new FoundApp("main:app", directory + "/main.py")));

        Assert.StartsWith("--workers", Assert.Single(errors.Messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mysite.wsgi", "mysite.wsgi", false)]
    [InlineData("app:create_app()", "app:create_app", true)]
    [InlineData("app:create_app(\"prod\", debug=False)", "app:create_app(\"prod\", debug=False)", true)]
    public void Parse_FormsOfGunicorn_AreTaken(string given, string app, bool isFactory)
    {
        ApplicationOptions options = Parsing.Run(given).Applications[0];

        Assert.Equal((app, isFactory), (options.App, options.Factory));
    }

    private void Write(string file, string text)
    {
        string path = Path.Combine(_directory.Path, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
