using Cdp.Hosting.Configuration;
using Cdp.Streaming.Observability;
using Cdp.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cdp.Hosting.Tests.Configuration;

/// <summary>A configuration file that cannot be read while a service runs leaves the previous content in force.</summary>
public sealed class LiveFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("live-files-").FullName;
    private volatile bool _isUnreadable;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadChanged_UnreadableFile_KeepsPreviousContentAndReportsErrorUntilReadable(bool isDenied)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.Services.AddSingleton<Readiness>().AddSingleton(TimeProvider.System);
        File.WriteAllText(Path.Combine(_folder, "a"), "first");
        Exception error = isDenied ? new UnauthorizedAccessException("denied") : new IOException("gone");
        var files = builder.AddLiveFiles("things", [_folder], _ => _isUnreadable ? throw error : File.ReadAllText(Path.Combine(_folder, "a")));
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var readiness = host.Services.GetRequiredService<Readiness>();

        _isUnreadable = true;
        File.WriteAllText(Path.Combine(_folder, "a"), "second");
        var expected = $"{_folder}: cannot be read: {error.Message}; fix the permissions of the files";
        await Eventually.TrueAsync(() => Detail(readiness).EndsWith(expected, StringComparison.Ordinal));
        Assert.Equal("first", files.Current);
        Assert.True(readiness.IsReady);

        _isUnreadable = false;
        await Eventually.TrueAsync(() => Detail(readiness).Length == 0);
        Assert.Equal("second", files.Current);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    // The watch reports on its own thread, so the part may not exist yet.
    private static string Detail(Readiness readiness) => readiness.Parts.TryGetValue("things", out var part) ? part.Detail : "not reported";
}
