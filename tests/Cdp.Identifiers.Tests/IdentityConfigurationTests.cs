using Cdp.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Cdp.Identifiers.Tests;

public sealed class IdentityConfigurationTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public async Task AddIdentifierTypes_FileChanges_TakesWhatIsRightAndKeepsItOtherwise()
    {
        await File.WriteAllTextAsync(_file, "region: AT", TestContext.Current.CancellationToken);
        var builder = Host.CreateApplicationBuilder();
        var readiness = new Readiness();
        builder.Services.AddSingleton(readiness).AddSingleton(TimeProvider.System);
        var types = builder.AddIdentifierTypes(_file);
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        await File.WriteAllTextAsync(_file, "region: DE", TestContext.Current.CancellationToken);
        await EventuallyAsync(() => types.Current.Region == "DE", "the change is taken");
        await File.WriteAllTextAsync(_file, "region: CH\ncolour: red\ncaps: { merges: 0 }", TestContext.Current.CancellationToken);
        await EventuallyAsync(() => Told().Contains($"{_file}:2: 'colour' is not a key here") && Told().Contains($"{_file}:3: 'merges' is not a whole number"), "both faults are told");
        Assert.Equal("DE", types.Current.Region);
        File.Delete(_file);
        await EventuallyAsync(() => Told().Contains($"{_file} does not exist"), "that the file is gone is told");
        Assert.Equal("DE", types.Current.Region);
        await host.StopAsync(TestContext.Current.CancellationToken);

        string Told() => readiness.Parts["identity"].Detail;
    }

    public void Dispose() => File.Delete(_file);

    private static async Task EventuallyAsync(Func<bool> condition, string what)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (!condition())
        {
            Assert.False(bound.IsCancellationRequested, $"not within {Bound}: {what}");
            await Task.Delay(50);
        }
    }
}
