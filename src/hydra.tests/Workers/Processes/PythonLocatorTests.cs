using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public sealed class PythonLocatorTests : IDisposable
{
    private const UnixFileMode Executable = (UnixFileMode)0b111_101_101;

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string> _environment = [];

    public void Dispose() => _directory.Dispose();

    [PosixFact]
    public void Find_PathGiven_TakesIt() => AssertFound(Python("opt/python"), PythonOrigin.Option, Find(_directory.At("opt/python")));

    [PosixFact]
    public void Find_RelativePathGiven_StartsFromTheWorkingDirectory() => AssertFound(Python("opt/python"), PythonOrigin.Option, Find("opt/python"));

    [PosixFact]
    public void Find_CommandGiven_SearchesPath()
    {
        string expected = Python("b/python3.12");
        _environment["PATH"] = $"{_directory.At("a")}:{_directory.At("b")}";

        AssertFound(expected, PythonOrigin.Option, Find("python3.12"));
    }

    [PosixFact]
    public void Find_CommandMissing_SaysSoAndTakesNoOther()
    {
        Python(".venv/bin/python");

        AssertMissing(PythonLookupError.CommandMissing, "--python: there is no command \"python9\" on PATH.", Find("python9"));
    }

    [PosixFact]
    public void Find_PathMissing_SaysSo() => AssertMissing(PythonLookupError.PathMissing, "--python: \"./nowhere\" does not exist.", Find("./nowhere"));

    [PosixFact]
    public void Find_Directory_SaysSo()
    {
        Directory.CreateDirectory(_directory.At("dir"));

        AssertMissing(PythonLookupError.IsDirectory, "--python: \"./dir\" is a directory and not a Python executable.", Find("./dir"));
    }

    [PosixFact]
    public void Find_VirtualEnvironmentAsPath_NamesThePythonInIt()
    {
        string inside = Python("env/bin/python");

        AssertMissing(PythonLookupError.IsDirectory, $"--python: \"./env\" is a directory; did you mean \"{inside}\"?", Find("./env"));
    }

    [PosixFact]
    public void Find_NotExecutable_SaysSo()
    {
        _directory.File("python", mode: UnixFileMode.UserRead);

        AssertMissing(PythonLookupError.NotExecutable, "--python: \"./python\" is not an executable file, or not for this user.", Find("./python"));
    }

    [PosixTheory]
    [InlineData("own/pyvenv.cfg")]
    [InlineData("own/conda-meta/history")]
    public void Find_ServerInAnEnvironment_TakesItsPythonBeforeTheActiveOne(string sign)
    {
        string expected = Python("own/bin/python");
        _directory.File(sign);
        Python("active/bin/python");
        _environment["VIRTUAL_ENV"] = _directory.At("active");

        AssertFound(expected, PythonOrigin.VirtualEnvironment, Find(program: _directory.At("own/bin")));
    }

    [PosixFact]
    public void Find_ServerBesideAPythonThatIsOfNoEnvironment_LooksOnAsEver()
    {
        Python("usr/bin/python");
        string expected = Python(".venv/bin/python");

        AssertFound(expected, PythonOrigin.ProjectEnvironment, Find(program: _directory.At("usr/bin")));
    }

    [PosixFact]
    public void Find_ActiveEnvironment_ComesFirst()
    {
        string expected = Python("active/bin/python");
        Python(".venv/bin/python");
        _environment["VIRTUAL_ENV"] = _directory.At("active");

        AssertFound(expected, PythonOrigin.VirtualEnvironment, Find());
    }

    [PosixFact]
    public void Find_CondaEnvironment_ComesBeforeOneBesideTheApplication()
    {
        string expected = Python("conda/bin/python");
        Python(".venv/bin/python");
        _environment["CONDA_PREFIX"] = _directory.At("conda");

        AssertFound(expected, PythonOrigin.VirtualEnvironment, Find());
    }

    [PosixFact]
    public void Find_VenvBesideTheApplication_IsFoundAsDotVenvIs()
    {
        string venv = Python("venv/bin/python");
        AssertFound(venv, PythonOrigin.ProjectEnvironment, Find());

        AssertFound(Python(".venv/bin/python"), PythonOrigin.ProjectEnvironment, Find());
    }

    [PosixFact]
    public void Find_PathThatBeginsWithATilde_IsInTheHome()
    {
        string expected = Python("me/bin/python");
        _environment["HOME"] = _directory.At("me");

        AssertFound(expected, PythonOrigin.Option, Find("~/bin/python"));
    }

    [PosixFact]
    public void Find_BrokenActiveEnvironment_GoesOn()
    {
        string expected = Python(".venv/bin/python");
        string gone = _environment["VIRTUAL_ENV"] = _directory.At("gone");

        PythonResult result = Find();

        AssertFound(expected, PythonOrigin.ProjectEnvironment, result);
        Assert.Equal(
            $"$VIRTUAL_ENV is {gone}, where there is no Python: {expected} is taken instead", Assert.IsType<PythonResult.Found>(result).Warning);
    }

    // An environment of conda may be one without Python, but not one that is not there.
    [PosixTheory]
    [InlineData("gone", true)]
    [InlineData(".", false)]
    public void Find_CondaEnvironmentThatIsGone_GoesOnWithAWarning(string name, bool warns)
    {
        string expected = Python(".venv/bin/python");
        string prefix = _environment["CONDA_PREFIX"] = _directory.At(name);

        PythonResult result = Find();

        AssertFound(expected, PythonOrigin.ProjectEnvironment, result);
        Assert.Equal(
            warns ? $"$CONDA_PREFIX is {prefix}, where there is no Python: {expected} is taken instead" : null,
            Assert.IsType<PythonResult.Found>(result).Warning);
    }

    [PosixFact]
    public void Find_EnvironmentBesideTheApplication_ComesBeforeTheWorkingDirectory()
    {
        string expected = Python("src/.venv/bin/python");
        Python(".venv/bin/python");

        AssertFound(expected, PythonOrigin.ProjectEnvironment, Find(appDirectory: "src"));
    }

    [PosixFact]
    public void Find_LinkInAnEnvironment_IsNotFollowed()
    {
        string target = Python("real/python3");
        Directory.CreateDirectory(_directory.At(".venv/bin"));
        File.CreateSymbolicLink(_directory.At(".venv/bin/python"), target);

        AssertFound(_directory.At(".venv/bin/python"), PythonOrigin.ProjectEnvironment, Find());
    }

    [PosixFact]
    public void Find_SearchPath_PrefersPython3()
    {
        Python("a/python");
        string expected = Python("b/python3");
        _environment["PATH"] = $"{_directory.At("a")}::{_directory.At("b")}";

        AssertFound(expected, PythonOrigin.SearchPath, Find());
    }

    [PosixFact]
    public void Find_PythonAlone_IsTaken()
    {
        string expected = Python("a/python");
        _environment["PATH"] = _directory.At("a");

        AssertFound(expected, PythonOrigin.SearchPath, Find());
    }

    [PosixFact]
    public void Find_Nothing_ListsThePlaces()
        => AssertMissing(
            PythonLookupError.NotFound,
            "No Python was found. Install Python 3.8 or newer, or name one with --python. Tried:\n  $VIRTUAL_ENV, which is not set\n"
                + $"  {_directory.At("src/.venv/bin/python")}\n  {_directory.At(".venv/bin/python")}\n"
                + $"  {_directory.At("src/venv/bin/python")}\n  {_directory.At("venv/bin/python")}\n  python3 and python on PATH",
            Find(appDirectory: "src"));

    [PosixFact]
    public void Find_OnWindows_SkipsTheStoreStub()
    {
        string stub = @"C:\Users\x\AppData\Local\Microsoft\WindowsApps";
        Python($"{stub}/python.exe");
        string expected = Python("b/python.exe");
        _environment["PATH"] = $"{stub};{_directory.At("b")}";

        AssertFound(expected, PythonOrigin.SearchPath, Find(isWindows: true));
    }

    [PosixFact]
    public void Find_OnWindows_FallsBackToTheLauncher()
    {
        string expected = Python("b/py.exe");
        _environment["PATH"] = _directory.At("b");

        PythonResult.Found found = Assert.IsType<PythonResult.Found>(Find(isWindows: true));

        Assert.Equal(expected, found.Path);
        Assert.Equal(["-3"], found.Arguments);
    }

    private static void AssertFound(string path, PythonOrigin origin, PythonResult result)
    {
        PythonResult.Found found = Assert.IsType<PythonResult.Found>(result);
        Assert.Equal(path, found.Path);
        Assert.Equal(origin, found.Origin);
        Assert.Empty(found.Arguments);
    }

    private static void AssertMissing(PythonLookupError error, string message, PythonResult result)
        => Assert.Equal(new PythonResult.Missing(error, message), result);

    private string Python(string relative) => _directory.File(relative, mode: Executable);

    private PythonResult Find(string? wanted = null, string appDirectory = "", bool isWindows = false, string? program = null)
        => PythonLocator.Find(new PythonSearch(wanted, appDirectory, _directory.Path, _environment, isWindows) { ProgramDirectory = program });
}
