namespace Cdp.LocalKafka.Server;

/// <summary>Holds a data directory for one broker. The system lets go of it when the process dies.</summary>
internal sealed class DataLock : IDisposable
{
    private readonly FileStream _file;

    private DataLock(FileStream file) => _file = file;

    /// <exception cref="LocalKafkaStartException">Another broker holds the directory, or it cannot be written.</exception>
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
            throw new LocalKafkaStartException($"data directory {directory} cannot be written ({e.Message}): give one that can", e);
        }
        catch (IOException e)
        {
            throw new LocalKafkaStartException($"data directory {directory} is held by another broker (lock file {path}: {e.Message}): stop that process, or give another directory", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
