import type { ReactNode } from "react";
import { Tabs as AriaTabs, Tab, TabList, TabPanel } from "react-aria-components/Tabs";
import styles from "./tabs.module.css";

interface TabsProps<Id extends string> {
  readonly label: string;
  readonly tabs: readonly { readonly id: Id; readonly title: string; readonly content: () => ReactNode }[];
  /** The tab in the page's address, so that a link leads to it. */
  readonly selected: Id;
  readonly onSelect: (id: Id) => void;
}

/** Parts of a page of which one is shown. */
export const Tabs = <Id extends string>({ label, tabs, selected, onSelect }: TabsProps<Id>) => (
  <AriaTabs selectedKey={selected} onSelectionChange={(key) => onSelect(key as Id)}>
    <TabList aria-label={label} className={styles.list as string}>
      {tabs.map(({ id, title }) => (
        <Tab key={id} id={id} className={styles.tab as string}>
          {title}
        </Tab>
      ))}
    </TabList>
    {tabs.map(({ id, content }) => (
      <TabPanel key={id} id={id} className={styles.panel as string}>
        {content()}
      </TabPanel>
    ))}
  </AriaTabs>
);
