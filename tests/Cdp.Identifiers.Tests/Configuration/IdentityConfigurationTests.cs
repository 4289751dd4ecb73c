using Cdp.Identifiers.Configuration;
using Cdp.Streaming.Observability;
using Cdp.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Cdp.Identifiers.Tests.Configuration;

public sealed class IdentityConfigurationTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public async Task AddIdentifierTypes_FileChanges_UsesItIfValidElseKeepsThePrevious()
    {
        await File.WriteAllTextAsync(_file, "region: AT", TestContext.Current.CancellationToken);
        var builder = Host.CreateApplicationBuilder();
        var readiness = new Readiness();
        builder.Services.AddSingleton(readiness).AddSingleton(TimeProvider.System);
        var types = builder.AddIdentifierTypes(_file);
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        await File.WriteAllTextAsync(_file, "region: DE", TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => types.Current.Region == "DE", "the change is used");
        await File.WriteAllTextAsync(_file, "region: CH\ncolour: red\ncaps: { merges: 0 }", TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => Detail().Contains($"{_file}:2: 'colour' ") && Detail().Contains($"{_file}:3: 'merges' "), "both faults are reported");
        Assert.Equal("DE", types.Current.Region);
        File.Delete(_file);
        await Eventually.TrueAsync(() => Detail().Contains($"{_file} does not exist"), "the missing file is reported");
        Assert.Equal("DE", types.Current.Region);
        await host.StopAsync(TestContext.Current.CancellationToken);

        string Detail() => readiness.Parts["identity"].Detail;
    }

    public void Dispose() => File.Delete(_file);
}
