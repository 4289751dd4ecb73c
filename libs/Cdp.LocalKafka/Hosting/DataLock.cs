namespace Cdp.LocalKafka.Hosting;

/// <summary>Reserves a data directory for one broker. The operating system releases the lock when the process dies.</summary>
internal sealed class DataLock : IDisposable
{
    private readonly FileStream _file;

    private DataLock(FileStream file) => _file = file;

    /// <exception cref="LocalKafkaStartException">Another broker uses the directory, or it is not writable.</exception>
    public static DataLock Take(string directory)
    {
        var path = Path.Combine(directory, ".lock");
        try
        {
            Directory.CreateDirectory(directory);
            return new DataLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new LocalKafkaStartException(
                $"data directory {directory} is not writable ({e.Message}): choose another directory or change its permissions", e);
        }
        catch (IOException e)
        {
            throw new LocalKafkaStartException(
                $"data directory {directory} is in use by another broker (lock file {path}: {e.Message}): stop that process, or choose another directory", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
