using System.Globalization;
using System.Text;

namespace Hydra.Hosting;

/// <summary>The file that holds the process id of the server.</summary>
/// <param name="path">Its path; null where none was asked for.</param>
internal sealed class PidFile(string? path)
{
    private static string Content => string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n");

    /// <summary>Writes our process id in the place of what is there, at once as a whole.</summary>
    /// <exception cref="StartException">It cannot be written.</exception>
    public void Write()
    {
        if (path is null)
        {
            return;
        }

        try
        {
            WriteBeside(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"the file of --pid cannot be written: {e.Message}");
        }
    }

    /// <summary>Removes the file, unless it is another server's by now.</summary>
    public void Remove()
    {
        try
        {
            if (path is not null && File.ReadAllText(path) == Content)
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is not there any more, or nobody may touch it.
        }
    }

    // Under a name that nobody can guess and only if that is new: in a directory where others may write, a link of theirs would have us
    // write to a file of ours that they choose.
    private static void WriteBeside(string path)
    {
        string temporary = $"{path}.{Guid.NewGuid():n}";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(Encoding.ASCII.GetBytes(Content));
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
