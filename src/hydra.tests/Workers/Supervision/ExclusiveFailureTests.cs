using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

public class ExclusiveFailureTests
{
    [Theory]
    [InlineData("Importing \"app\" failed with OSError: [Errno 98] Address already in use.", "")]
    [InlineData("The lifespan failed.", "Traceback (most recent call last):\n  File \"a.py\", line 1\nBlockingIOError: [Errno 11] Resource temporarily unavailable\n")]
    [InlineData("Importing \"app\" failed with SystemExit: 1.",
        "Traceback (most recent call last):\n  File \"a.py\", line 1\nzc.lockfile.LockError: Couldn't lock 'Data.fs.lock'\n\nDuring handling\nSystemExit: 1\n")]
    [InlineData("x", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB")]
    [InlineData("x", "MemoryError")]
    [InlineData("x", "sqlite3.OperationalError: database is locked")]
    [InlineData("the worker was ended by SIGKILL while it loaded the application", "")]
    public void Is_SomethingThatOnlyOneCanHave_IsTrue(string message, string traceback)
        => Assert.True(ExclusiveFailure.Is(new WorkerFailure(StartFailure.ImportRaised, message, traceback)));

    [Theory]
    [InlineData("Importing \"app\" failed with ModuleNotFoundError: No module named 'lock'.", "ModuleNotFoundError: No module named 'lock'")]
    [InlineData("Importing \"app\" failed with AttributeError: module 'threading' has no attribute 'lock'.", "")]
    [InlineData("Importing \"block\" failed with ValueError: bad setting.",
        "Traceback (most recent call last):\n  File \"lock.py\", line 1, in <module>\n    raise ValueError('bad setting')  # out of memory\nValueError: bad setting\n")]
    [InlineData("the worker exited with code 1 while it loaded the application", "")]
    public void Is_AnythingElse_IsFalse(string message, string traceback)
        => Assert.False(ExclusiveFailure.Is(new WorkerFailure(StartFailure.ImportRaised, message, traceback)));

    [Fact]
    public void Is_ModuleThatIsNotThere_IsFalseWhateverItsName()
        => Assert.False(ExclusiveFailure.Is(new WorkerFailure(StartFailure.ModuleNotFound, "Could not find the module \"lock\".", "")));
}
