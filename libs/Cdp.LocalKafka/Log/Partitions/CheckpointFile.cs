namespace Cdp.LocalKafka.Log.Partitions;

/// <summary>A log's <see cref="LogCheckpoint"/> on disk. It is replaced atomically, so a crash leaves either the old one or the new one.</summary>
internal sealed class CheckpointFile(string directory)
{
    private readonly string _path = Path.Combine(directory, "checkpoint");

    public LogCheckpoint? Read() => File.Exists(_path) ? LogCheckpoint.Decode(File.ReadAllBytes(_path)) : null;

    public void Write(LogCheckpoint checkpoint)
    {
        var next = _path + ".next";
        using (var stream = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            stream.Write(checkpoint.Encode());
            stream.Flush(flushToDisk: true);
        }
        File.Move(next, _path, overwrite: true);
    }
}
